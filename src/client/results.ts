import type { QueryResult as AnyResult, SchemaField, WireType } from "../protocol/sql.ts";

export type { SchemaField, WireType };

/**
 * One value of a row. 64-bit integers and decimals are strings; timestamps are microseconds since 1970, dates days, times
 * microseconds since midnight; a whole number beyond 2^53 is a string of its digits.
 */
export type Cell = null | boolean | number | string | readonly Cell[] | { readonly [name: string]: Cell };

export type NamedRow = Record<string, Cell>;

/** What one statement answered. */
export interface QueryResult {
  /** Empty for statements without rows. */
  readonly schema: readonly SchemaField[];
  /** Positional, in the order of `schema`. */
  readonly rows: readonly (readonly Cell[])[];
  /** The same rows by column name; of two columns with one name the later one wins. Made when first read. */
  readonly named_rows: readonly NamedRow[];
  /** Rows returned or changed. */
  readonly row_count: number;
  readonly message?: string;
  /** The user whose rows were meant. */
  readonly as_user?: string;
}

export interface QueryResponse {
  readonly status: "success";
  /** One per statement, in order. */
  readonly results: readonly QueryResult[];
  /** Milliseconds that the server spent on the whole request. */
  readonly took: number;
}

/** A result as it stands in the response's JSON; read leniently, servers leave out what they do not have. */
export type WireResult = Partial<Omit<AnyResult, "rows" | "message" | "as_user">> & {
  readonly rows?: readonly (readonly Cell[])[];
  readonly message?: string | null;
  readonly as_user?: string | null;
};

export function toQueryResult(wire: WireResult): QueryResult {
  const schema = wire.schema ?? [];
  const rows = wire.rows ?? [];
  let named: readonly NamedRow[] | undefined;
  return {
    schema,
    rows,
    get named_rows() {
      named ??= rows.map((row) => nameRow(schema, row));
      return named;
    },
    row_count: wire.row_count ?? rows.length,
    ...(typeof wire.message === "string" ? { message: wire.message } : {}),
    ...(typeof wire.as_user === "string" ? { as_user: wire.as_user } : {}),
  };
}

export function nameRow(schema: readonly SchemaField[], row: readonly Cell[]): NamedRow {
  return Object.fromEntries(schema.map((field, index) => [field.name, row[index] ?? null]));
}
