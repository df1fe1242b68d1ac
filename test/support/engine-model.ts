/**
 * What the engine should do, said as simply as possible: tables are arrays of objects. Used by the model-based test, which lets
 * the engine and this model run the same commands and compares what both hold.
 */
export type Kind = "user" | "shared" | "stream";
export type Cell = number | string | null;
export type ModelRow = Record<string, Cell>;

export interface ModelColumn {
  readonly name: string;
  readonly type: "INT" | "TEXT";
  readonly fallback: Cell;
}

export interface ModelTable {
  readonly kind: Kind;
  columns: ModelColumn[];
  /** Names; empty: rows are kept in the order in which they were written. */
  key: string[];
  /** By user; a shared table has the one user "". Rows in key order. */
  rows: Map<string, ModelRow[]>;
}

/** What a statement is expected to do: fail with an error of this key, or touch these rows. */
export type Outcome = { readonly error: string } | { readonly touched: readonly ModelRow[] };

export interface Condition {
  readonly sql: string;
  readonly test: (row: ModelRow) => boolean;
}

export interface Change {
  readonly column: string;
  readonly sql: string;
  readonly apply: (row: ModelRow) => Cell;
}

export type Upsert =
  | { readonly kind: "fail" }
  | { readonly kind: "nothing" }
  | { readonly kind: "update"; readonly column: string; readonly add: boolean };

export class EngineModel {
  readonly namespaces = new Map<string, Map<string, ModelTable>>();

  table(namespace: string, name: string): ModelTable | undefined {
    return this.namespaces.get(namespace)?.get(name);
  }

  *tables(): Iterable<{ namespace: string; name: string; table: ModelTable }> {
    for (const [namespace, tables] of this.namespaces) {
      for (const [name, table] of tables) yield { namespace, name, table };
    }
  }

  /** Streams are kept in memory alone. */
  restart(): void {
    for (const { table } of this.tables()) if (table.kind === "stream") table.rows.clear();
  }

  clone(): EngineModel {
    const copy = new EngineModel();
    for (const [namespace, tables] of this.namespaces) {
      const own = new Map<string, ModelTable>();
      for (const [name, table] of tables) own.set(name, { ...table, rows: new Map(table.rows) });
      copy.namespaces.set(namespace, own);
    }
    return copy;
  }
}

export function rowsOf(table: ModelTable, user: string): readonly ModelRow[] {
  return table.rows.get(ownerOf(table, user)) ?? [];
}

function ownerOf(table: ModelTable, user: string): string {
  return table.kind === "shared" ? "" : user;
}

function keep(table: ModelTable, user: string, rows: ModelRow[]): void {
  if (table.key.length > 0) rows.sort((a, b) => compareKeys(table, a, b));
  table.rows.set(ownerOf(table, user), rows);
}

function compareKeys(table: ModelTable, a: ModelRow, b: ModelRow): number {
  for (const column of table.key) {
    const order = compareCells(a[column] ?? null, b[column] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareCells(a: Cell, b: Cell): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

export function insert(table: ModelTable, user: string, proposed: readonly ModelRow[], upsert: Upsert): Outcome {
  const rows = [...rowsOf(table, user)];
  const touched: ModelRow[] = [];
  for (const row of proposed) {
    const at = table.key.length === 0 ? -1 : rows.findIndex((other) => compareKeys(table, other, row) === 0);
    const current = rows[at];
    if (current === undefined) {
      rows.push(row);
      touched.push(row);
      continue;
    }
    if (upsert.kind === "nothing") continue;
    if (upsert.kind === "fail") return { error: "primary_key_violation" };
    if (touched.includes(current)) return { error: "cardinality_violation" };
    const { column, add } = upsert;
    const next = { ...current, [column]: add ? plus(current[column], row[column]) : (row[column] ?? null) };
    rows[at] = next;
    touched.push(next);
  }
  keep(table, user, rows);
  return { touched };
}

export function plus(a: Cell | undefined, b: Cell | undefined): Cell {
  return typeof a === "number" && typeof b === "number" ? a + b : null;
}

export function update(table: ModelTable, user: string, change: Change, where: Condition): Outcome {
  const touched: ModelRow[] = [];
  const left: ModelRow[] = [];
  const moved: ModelRow[] = [];
  for (const row of rowsOf(table, user)) {
    if (!where.test(row)) {
      left.push(row);
      continue;
    }
    const next = { ...row, [change.column]: change.apply(row) };
    touched.push(next);
    // Without a key, a new version of a row stands behind all others; a row that stays the same gets no new version.
    const stays = table.key.length > 0 || next[change.column] === row[change.column];
    (stays ? left : moved).push(next);
  }
  keep(table, user, [...left, ...moved]);
  return { touched };
}

export function remove(table: ModelTable, user: string, where: Condition): Outcome {
  const touched = rowsOf(table, user).filter(where.test);
  keep(
    table,
    user,
    rowsOf(table, user).filter((row) => !where.test(row)),
  );
  return { touched };
}
