import {
  type Cell,
  type Change,
  type Condition,
  type EngineModel,
  insert,
  type ModelColumn,
  type ModelRow,
  type ModelTable,
  type Outcome,
  plus,
  remove,
  type Upsert,
  update,
} from "./engine-model.ts";

/**
 * A write, said by small numbers that are given a meaning when the table is known: so a generated sequence stays meaningful
 * whatever columns the table has by then, also while it is being shrunk.
 */
export interface Write {
  readonly kind: "insert" | "update" | "delete";
  readonly table: number;
  readonly rows: readonly (readonly number[])[];
  readonly conflict: number;
  readonly where: readonly [form: number, value: number, column: number];
  readonly set: readonly [column: number, value: number, add: boolean];
  readonly returning: boolean;
}

export interface Caller {
  readonly user: string;
  readonly admin: boolean;
  readonly actingFor: string | undefined;
}

export const NAMESPACES = ["a", "b"] as const;
export const TABLES = ["t", "u"] as const;
const INTS = [0, 1, 2, 3, -1, 7, -40, 2_000_000, 12, 5] as const;
const TEXTS = ["", "a", "b", "a'b", "é", "ab", "\u0001", "😀", "B", "a b"] as const;

export function placeOf(number: number): readonly [namespace: string, table: string] {
  return [pick(NAMESPACES, number >> 1), pick(TABLES, number)];
}

/** A write as SQL, and what it does to the model. */
export function write(
  model: EngineModel,
  caller: Caller,
  command: Write,
  inTransaction: boolean,
): { sql: string; outcome: Outcome } {
  const [namespace, name] = placeOf(command.table);
  const table = model.table(namespace, name);
  const target = `${namespace}.${name}`;
  if (table === undefined) {
    return { sql: `DELETE FROM ${target} WHERE true`, outcome: { error: "table_not_found" } };
  }
  const statement = statementOf(table, target, caller.actingFor ?? caller.user, command);
  const refused = refusal(table, caller, command, inTransaction);
  const outcome = refused === undefined ? statement.run() : { error: refused };
  const plain = command.returning ? `${statement.sql} RETURNING *` : statement.sql;
  const sql = caller.actingFor === undefined ? plain : `EXECUTE AS USER '${caller.actingFor}' (${plain})`;
  return { sql, outcome };
}

function refusal(table: ModelTable, caller: Caller, command: Write, inTransaction: boolean): string | undefined {
  if (table.kind === "shared" && (!caller.admin || caller.actingFor !== undefined)) return "shared_table_denied";
  if (table.kind !== "stream") return undefined;
  if (command.kind === "update") return "stream_update";
  return inTransaction ? "not_in_transaction" : undefined;
}

function statementOf(
  table: ModelTable,
  target: string,
  user: string,
  command: Write,
): { sql: string; run: () => Outcome } {
  const where = conditionOf(table, command.where);
  if (command.kind === "delete") {
    return { sql: `DELETE FROM ${target} WHERE ${where.sql}`, run: () => remove(table, user, where) };
  }
  const change = changeOf(table, command.set);
  if (command.kind === "update" && change !== undefined) {
    return {
      sql: `UPDATE ${target} SET ${change.column} = ${change.sql} WHERE ${where.sql}`,
      run: () => update(table, user, change, where),
    };
  }
  const rows = command.rows.map((cells) => rowOf(table, cells));
  const upsert = upsertOf(table, command);
  const values = rows.map((row) => `(${table.columns.map(({ name }) => literal(row[name] ?? null)).join(", ")})`);
  const columns = table.columns.map(({ name }) => name).join(", ");
  return {
    sql: `INSERT INTO ${target} (${columns}) VALUES ${values.join(", ")}${conflictSql(table, target, upsert)}`,
    run: () => insert(table, user, rows, upsert),
  };
}

function upsertOf(table: ModelTable, command: Write): Upsert {
  const change = changeOf(table, command.set);
  if (table.key.length === 0 || command.conflict % 3 === 0) return { kind: "fail" };
  if (command.conflict % 3 === 1 || change === undefined) return { kind: "nothing" };
  const isNumber = table.columns.some(({ name, type }) => name === change.column && type === "INT");
  return { kind: "update", column: change.column, add: isNumber && command.set[2] };
}

function conflictSql(table: ModelTable, target: string, upsert: Upsert): string {
  if (upsert.kind === "fail") return "";
  if (upsert.kind === "nothing") return " ON CONFLICT DO NOTHING";
  const { column, add } = upsert;
  const own = target.slice(target.indexOf(".") + 1);
  const value = add ? `${own}.${column} + excluded.${column}` : `excluded.${column}`;
  return ` ON CONFLICT (${table.key.join(", ")}) DO UPDATE SET ${column} = ${value}`;
}

function rowOf(table: ModelTable, cells: readonly number[]): ModelRow {
  const row: ModelRow = {};
  table.columns.forEach((column, index) => {
    const number = cells[index % cells.length] ?? 0;
    row[column.name] = table.key.includes(column.name) ? keyCell(column, number + index) : cellOf(column, number);
  });
  return row;
}

function cellOf(column: ModelColumn, number: number): Cell {
  return number % 11 === 10 ? null : keyCell(column, number);
}

function keyCell(column: ModelColumn, number: number): Cell {
  return column.type === "INT" ? pick(INTS, number) : pick(TEXTS, number);
}

function conditionOf(table: ModelTable, [form, number, index]: Write["where"]): Condition {
  const keys = table.columns.filter(({ name }) => table.key.includes(name));
  const [first] = keys;
  const column = pick(table.columns, index);
  if (first !== undefined && form === 0) {
    const cells = keys.map((key, at) => ({ name: key.name, value: keyCell(key, number + at) }));
    return {
      sql: cells.map(({ name, value }) => `${name} = ${literal(value)}`).join(" AND "),
      test: (row) => cells.every(({ name, value }) => row[name] === value),
    };
  }
  if (first?.type === "INT" && form === 1) {
    const from = pick(INTS, number);
    return {
      sql: `${first.name} >= ${from} AND ${first.name} < ${from + 5}`,
      test: (row) => (row[first.name] as number) >= from && (row[first.name] as number) < from + 5,
    };
  }
  if (first !== undefined && form === 2) {
    const among = [keyCell(first, number), keyCell(first, number + index)];
    return {
      sql: `${first.name} IN (${among.map(literal).join(", ")})`,
      test: (row) => among.includes(row[first.name] ?? null),
    };
  }
  if (form === 3) return { sql: `${column.name} IS NULL`, test: (row) => row[column.name] === null };
  if (form === 4) return { sql: "true", test: () => true };
  if (form === 5) {
    // More than the row evaluator takes: DuckDB has to find the rows.
    const inner = conditionOf(table, [6, number, index]);
    return { sql: `(SELECT true) AND ${inner.sql}`, test: inner.test };
  }
  const value = keyCell(column, number);
  return { sql: `${column.name} = ${literal(value)}`, test: (row) => row[column.name] === value };
}

/** Undefined when all columns belong to the key. */
function changeOf(table: ModelTable, [index, number, add]: Write["set"]): Change | undefined {
  const others = table.columns.filter(({ name }) => !table.key.includes(name));
  if (others.length === 0) return undefined;
  const column = pick(others, index);
  if (add && column.type === "INT") {
    const by = pick(INTS, number);
    return { column: column.name, sql: `${column.name} + ${by}`, apply: (row) => plus(row[column.name], by) };
  }
  const value = cellOf(column, number);
  return { column: column.name, sql: literal(value), apply: () => value };
}

export function literal(value: Cell): string {
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}

export function pick<T>(list: readonly T[], number: number): T {
  return list[Math.abs(number) % list.length] as T;
}
