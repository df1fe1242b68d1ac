import { parse, type SelectStmt } from "libpg-query";
import type { Principal } from "../../../src/engine/auth/roles.ts";
import { DuckHost, type DuckHostOptions } from "../../../src/engine/duckdb/host.ts";
import {
  type AnalyticalContext,
  AnalyticalEngine,
  type ViewExpansion,
} from "../../../src/engine/query/analytic/index.ts";
import type { Relation, RelationColumn, ResultColumn } from "../../../src/engine/query/relation.ts";
import type { Parameter } from "../../../src/engine/request.ts";
import { type Literal, NumberLiteral } from "../../../src/engine/sql/statement.ts";
import type { ResultType, Row } from "../../../src/engine/types/column-type.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";

export const NOW = 1_767_225_600_000_000n;
export const ALICE: Principal = { userId: "alice", role: "user" };

type ColumnSpec = ResultType | ResultType["kind"];

/** A relation over an array. Columns are `name: type`; those that begin with `_` are hidden. */
export function relation(
  name: string,
  columns: Readonly<Record<string, ColumnSpec>>,
  rows: readonly Row[],
  options: { readonly key?: readonly string[]; readonly waiting?: boolean; readonly onScan?: () => void } = {},
): Relation {
  const shape: RelationColumn[] = Object.entries(columns).map(([column, type], slot) => ({
    name: column,
    type: typeof type === "string" ? { kind: type } : type,
    slot,
    hidden: column.startsWith("_"),
  }));
  const keySlots = (options.key ?? []).map((key) => shape.findIndex((column) => column.name === key));
  return {
    shape: { name, columns: shape, keySlots },
    rowEstimate: rows.length,
    lookup: () => [],
    scan: () => {
      options.onScan?.();
      return options.waiting ? laterChunks(rows) : chunks(rows);
    },
  };
}

function* chunks(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += 500) yield rows.slice(at, at + 500);
}

async function* laterChunks(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  for (const chunk of chunks(rows)) {
    await Promise.resolve();
    yield chunk;
  }
}

/** An engine with a DuckDB of its own. */
export class TestEngine extends AnalyticalEngine {
  readonly #host: DuckHost;

  constructor(host: DuckHost) {
    super(host, async () => undefined);
    this.#host = host;
  }

  close(): void {
    this.#host.close();
  }
}

export function newHost(options: Partial<DuckHostOptions> = {}): DuckHost {
  return new DuckHost({
    memoryLimitBytes: 256_000_000,
    threads: 2,
    maxConcurrent: 4,
    temporaryDirectory: undefined,
    directories: [],
    runtime: createRuntime(),
    ...options,
  });
}

export function newEngine(options: Partial<DuckHostOptions> = {}): TestEngine {
  return new TestEngine(newHost(options));
}

export type Sources = Readonly<Record<string, Relation | ViewExpansion | Promise<Relation>>>;

/** A context whose tables are these; names are `table` or `schema.table`. */
export function context(tables: Sources, more: Partial<AnalyticalContext> = {}): AnalyticalContext {
  return {
    resolve: (range) => {
      const name = range.schemaname === undefined ? (range.relname ?? "") : `${range.schemaname}.${range.relname}`;
      const found = Object.hasOwn(tables, name) ? tables[name] : undefined;
      if (found === undefined) {
        throw new KalamError("table_not_found", { table: name }, { position: range.location ?? 0 });
      }
      return found;
    },
    inputs: [],
    principal: ALICE,
    sessionUser: ALICE.userId,
    namespace: "default",
    now: NOW,
    timeoutMillis: 20_000,
    ...more,
  };
}

export async function parseSelect(sql: string): Promise<SelectStmt> {
  const [statement] = (await parse(sql)).stmts ?? [];
  const node = statement?.stmt;
  if (node === undefined || !("SelectStmt" in node)) throw new Error(`no SELECT: ${sql}`);
  return node.SelectStmt;
}

export interface Answer {
  readonly columns: readonly ResultColumn[];
  readonly names: readonly string[];
  readonly kinds: readonly string[];
  readonly rows: Row[];
}

/**
 * Runs a text with its literals taken out as the engine's own parser does it, except those that must stay (ORDER BY 1, type
 * modifiers).
 */
export async function run(
  engine: AnalyticalEngine,
  sql: string,
  tables: Sources = {},
  params: readonly Parameter[] = [],
  more: Partial<AnalyticalContext> = {},
): Promise<Answer> {
  const select = await parseSelect(sql);
  const literals: (Literal | Parameter)[] = [...params];
  takeLiterals(select, literals);
  const { columns, rows } = await engine.query(select, context(tables, { ...more, inputs: literals }));
  const all: Row[] = [];
  for await (const chunk of rows) all.push(...chunk);
  return { columns, names: columns.map((c) => c.name), kinds: columns.map((c) => c.type.kind), rows: all };
}

/** The rows alone. */
export async function rowsOf(...args: Parameters<typeof run>): Promise<Row[]> {
  return (await run(...args)).rows;
}

/** The KalamError that a query ends with. */
export async function failure(...args: Parameters<typeof run>): Promise<KalamError> {
  try {
    await run(...args);
  } catch (error) {
    if (error instanceof KalamError) return error;
    throw error;
  }
  throw new Error(`no error: ${args[1]}`);
}

/** Lists in which a constant that stands alone stays: `ORDER BY 1`, `GROUP BY 1`, `varchar(3)`. */
const PINNED = new Set(["sortClause", "groupClause", "typmods"]);

function takeLiterals(tree: unknown, into: (Literal | Parameter)[]): void {
  const waiting: { readonly node: Record<string, unknown>; readonly pinned: boolean }[] = [
    { node: tree as Record<string, unknown>, pinned: false },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, pinned } = next;
    for (const [key, child] of Object.entries(node)) {
      if (typeof child !== "object" || child === null) continue;
      if (!("A_Const" in child)) {
        const inside = PINNED.has(key) || (pinned && (Array.isArray(node) || key === "SortBy"));
        waiting.push({ node: child as Record<string, unknown>, pinned: inside });
      } else if (!pinned) {
        const constant = child.A_Const as Record<string, Record<string, unknown>> & { location?: number };
        into.push(literalOf(constant));
        node[key] = { ParamRef: { number: into.length, location: constant.location ?? 0 } };
      }
    }
  }
}

function literalOf(constant: Record<string, Record<string, unknown>>): Literal {
  if (constant.isnull) return null;
  if (constant.ival) return new NumberLiteral(String(constant.ival.ival ?? 0));
  if (constant.fval) return new NumberLiteral(String(constant.fval.fval ?? "0"));
  if (constant.boolval) return Boolean(constant.boolval.boolval ?? false);
  return String(constant.sval?.sval ?? "");
}
