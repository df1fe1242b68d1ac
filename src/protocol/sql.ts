/** Body of `POST /v1/api/sql`. Fields that are not listed are ignored. */
export interface SqlRequest {
  readonly sql: string;
  /** Values of `$1`, `$2` …; null, booleans, numbers and strings. */
  readonly params?: readonly (null | boolean | number | bigint | string)[] | null;
  /** Namespace for names without one; `default` when missing. */
  readonly namespace_id?: string | null;
}

/** A type of a column: a name such as `"BigInt"`, or an object such as `{"Decimal":{"precision":10,"scale":2}}`. */
export type WireType = string | Readonly<Record<string, unknown>>;

export interface SchemaField {
  readonly name: string;
  readonly data_type: WireType;
  /** Position from 0. */
  readonly index: number;
  readonly flags?: readonly ("pk" | "nn" | "uq")[];
}

/** What one statement answered. */
export interface QueryResult {
  /** Missing when the statement has no columns. */
  readonly schema?: readonly SchemaField[];
  /** Values by position; missing when the statement has no columns. */
  readonly rows?: readonly (readonly unknown[])[];
  readonly row_count: number;
  readonly message?: string;
  /** The user whose rows were meant. */
  readonly as_user: string;
}

export interface ErrorPosition {
  /** Offset into the request's text, in UTF-16 units. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export interface SqlError {
  readonly code: string;
  readonly message: string;
  /** The failing statement; only for dba and system. */
  readonly details?: string;
  readonly sqlstate?: string;
  /** What would be right. */
  readonly hint?: string;
  readonly position?: ErrorPosition;
  /** The line of the text with a caret under the place. */
  readonly excerpt?: string;
}

/** Every answer of `POST /v1/api/sql`. */
export interface SqlResponse {
  readonly status: "success" | "error";
  readonly results: readonly QueryResult[];
  /** Milliseconds for the whole request; missing when the server is told not to report it. */
  readonly took?: number;
  /** `null` at the end of a single result with rows, missing for other successes. */
  readonly error?: SqlError | null;
}
