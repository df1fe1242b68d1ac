import type { RangeVar, ResTarget } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { ColumnSpec } from "../../catalog/definitions.ts";
import { columnSlot, refusesNull, type TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import { type Frame, InputBinder, NotSimple } from "../../query/expression/index.ts";
import { nameOfRangeVar, resolveName, visibility } from "../../query/resolve.ts";
import { frameOf } from "../../query/select.ts";
import type { StatementResult } from "../../request.ts";
import type { InsertStatement, StatementTemplate } from "../../sql/statement.ts";
import type { Row, Value } from "../../types/column-type.ts";
import { formatText } from "../../types/index.ts";
import type { Partition } from "../partition.ts";
import { isVolatile } from "../partition-cache.ts";
import type { WriteTarget } from "../write-target.ts";
import { type DefaultSource, defaultSource } from "./column-default.ts";
import { type ConflictAction, conflictAction, resolveConflict } from "./conflict.ts";
import { type InsertSource, insertSource, type ProposedRow, USE_DEFAULT } from "./insert-source.ts";
import { Returning } from "./returning.ts";
import { StreamRoom } from "./stream-room.ts";
import { ROWS_PER_TURN, submitWrite } from "./submit.ts";

interface ColumnFill {
  readonly column: ColumnSpec;
  readonly slot: number;
  /** Index into the proposed row; undefined when the statement does not name the column. */
  readonly from: number | undefined;
  readonly fallback: DefaultSource | undefined;
}

/** How an INSERT will be done; good for as long as the catalog stays as it is. */
export interface InsertPlan {
  readonly schema: TableSchema;
  readonly source: InsertSource;
  readonly fills: readonly ColumnFill[];
  readonly conflict: ConflictAction;
  readonly returning: Returning | undefined;
  readonly binder: InputBinder;
}

export function planInsert(
  database: Database,
  execution: Execution,
  statement: InsertStatement,
  template: StatementTemplate,
): InsertPlan {
  const { node } = statement;
  const target = node.relation as RangeVar;
  const schema = writableTable(database, execution, target);
  const binder = new InputBinder(template);
  const columns = targetColumns(node.cols as { ResTarget: ResTarget }[] | undefined, schema);
  return {
    schema,
    binder,
    source: insertSource(database, execution, statement, template, columns, binder),
    fills: schema.definition.columns.map((column) => {
      const index = columns.indexOf(column);
      return {
        column,
        slot: columnSlot(column),
        from: index === -1 ? undefined : index,
        fallback: defaultSource(column),
      };
    }),
    conflict: orUnsupported(() => conflictAction(node, schema, binder)),
    returning:
      node.returningClause?.exprs === undefined
        ? undefined
        : new Returning(node.returningClause.exprs, schema, target, binder),
  };
}

/** What ON CONFLICT does to a row is decided while the row is written, when DuckDB can no longer be asked. */
function orUnsupported<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NotSimple)) throw error;
    const feature = "a sub-query, or a function that only queries have, in ON CONFLICT DO UPDATE";
    throw new KalamError("feature_not_supported", { feature }, { cause: error });
  }
}

/** The table of a DML statement. @throws KalamError when the caller may not write there, or it is no table */
export function writableTable(database: Database, execution: Execution, target: RangeVar): TableSchema {
  const resolved = resolveName(database, execution, nameOfRangeVar(target), "write");
  if (resolved.kind !== "table") throw new KalamError("wrong_object_type", { reason: "only tables can be written" });
  return resolved.schema;
}

function targetColumns(list: { ResTarget: ResTarget }[] | undefined, schema: TableSchema): readonly ColumnSpec[] {
  if (list === undefined) return schema.definition.columns;
  const seen = new Set<string>();
  return list.map(({ ResTarget: { name = "", location } }) => {
    const context = location === undefined ? {} : { position: location };
    const folded = name.toLowerCase();
    const column = schema.column(folded);
    if (column === undefined) {
      if (folded === "_seq" || folded === "_deleted") {
        throw new KalamError(
          "reserved_column",
          { action: "insert", column: name, reason: "it is set by the server" },
          context,
        );
      }
      throw new KalamError("column_not_found", { column: name }, context);
    }
    if (seen.has(folded)) throw new KalamError("column_exists", { column: name }, context);
    seen.add(folded);
    return column;
  });
}

export async function runInsert(database: Database, execution: Execution, plan: InsertPlan): Promise<StatementResult> {
  const { schema } = plan;
  const frame = orUnsupported(() => frameOf(database, execution, plan.binder));
  const source = plan.source(database, execution, frame);
  const proposed = source instanceof Promise ? await source : source;
  const rows: Value[][] = [];
  const keys: string[] = [];
  const keyless = schema.definition.primaryKey.length === 0;
  for (const [index, row] of proposed.entries()) {
    const complete = completeRow(plan, row, index, frame);
    rows.push(complete);
    if (!keyless) keys.push(schema.keyOf(complete));
    if (rows.length % ROWS_PER_TURN === 0) await database.runtime.timers.yield();
  }
  const stage = (target: WriteTarget, partition: Partition): Row[] | Promise<Row[]> => {
    const inserter = new Inserter(database, plan, target, partition, frame);
    return rows.length <= ROWS_PER_TURN
      ? inserter.insertSome(rows, keys, 0, rows.length)
      : insertMany(database, inserter, rows, keys);
  };
  const touched = await submitWrite(database, execution, schema, keys, stage);
  const changed: StatementResult = {
    rowCount: touched.length,
    message: `Inserted ${touched.length} row(s)`,
    asUser: execution.principal.userId,
  };
  if (plan.returning === undefined) return changed;
  return { ...changed, ...(await plan.returning.run(database, execution, touched, frame, true)) };
}

async function insertMany(
  database: Database,
  inserter: Inserter,
  rows: Value[][],
  keys: readonly string[],
): Promise<Row[]> {
  const touched: Row[] = [];
  for (let start = 0; start < rows.length; start += ROWS_PER_TURN) {
    for (const row of inserter.insertSome(rows, keys, start, Math.min(rows.length, start + ROWS_PER_TURN)))
      touched.push(row);
    await database.runtime.timers.yield();
  }
  return touched;
}

function completeRow(plan: InsertPlan, proposed: ProposedRow, index: number, frame: Frame): Value[] {
  const row = new Array<Value>(plan.schema.slotCount).fill(null);
  for (const fill of plan.fills) {
    const given = fill.from === undefined ? USE_DEFAULT : proposed[fill.from];
    const value = given === USE_DEFAULT || given === undefined ? (fill.fallback?.(frame) ?? null) : given;
    if (value === null && refusesNull(fill.column)) {
      throw new KalamError("not_null_violation", { column: fill.column.name, row: index + 1 });
    }
    row[fill.slot] = value;
  }
  return row;
}

/** Stages the rows of one INSERT, one after another, against what is there when its turn has come. */
class Inserter {
  readonly #database: Database;
  readonly #plan: InsertPlan;
  readonly #target: WriteTarget;
  readonly #partition: Partition;
  readonly #frame: Frame;
  readonly #counts: ((row: Row) => boolean) | undefined;
  readonly #written = new Set<string>();
  /** Of a STREAM table. */
  readonly #room: StreamRoom | undefined;

  constructor(database: Database, plan: InsertPlan, target: WriteTarget, partition: Partition, frame: Frame) {
    this.#database = database;
    this.#plan = plan;
    this.#target = target;
    this.#partition = partition;
    this.#frame = frame;
    this.#counts = visibility(database, partition);
    const { streamMaxRows: rows, streamMemoryBytes: bytes } = database.options;
    if (isVolatile(partition.schema)) this.#room = new StreamRoom(target, partition, { rows, bytes });
  }

  /** @returns the rows that were inserted or updated */
  insertSome(rows: Value[][], keys: readonly string[], from: number, to: number): Row[] {
    const touched: Row[] = [];
    for (let i = from; i < to; i++) {
      const row = this.#insert(rows[i] as Value[], keys[i]);
      if (row !== undefined) touched.push(row);
    }
    this.#room?.make(touched, this.#database.cache.streamBytes);
    return touched;
  }

  #insert(row: Value[], key: string | undefined): Row | undefined {
    if (key === undefined) {
      this.#target.append(this.#partition, row);
      return row;
    }
    const current = this.#target.get(this.#partition, key);
    if (current !== undefined && (this.#counts === undefined || this.#counts(current)))
      return this.#conflict(key, current, row);
    this.#target.put(this.#partition, key, row);
    this.#written.add(key);
    return row;
  }

  #conflict(key: string, current: Row, proposed: Row): Row | undefined {
    const { conflict, schema } = this.#plan;
    if (conflict.kind === "nothing") return undefined;
    if (conflict.kind === "fail") throw duplicateKey(schema, proposed);
    if (this.#written.has(key)) throw new KalamError("cardinality_violation");
    const next = resolveConflict(conflict, schema, current, proposed, this.#frame);
    if (next === undefined) return undefined;
    this.#target.put(this.#partition, key, next);
    this.#written.add(key);
    return next;
  }
}

function duplicateKey(schema: TableSchema, row: Row): KalamError {
  const { primaryKey } = schema.definition;
  const values = schema.keySlots.map((slot, index) => {
    const value = row[slot] ?? null;
    const type = schema.keyTypes[index];
    return value === null || type === undefined ? "NULL" : formatText(value, type);
  });
  return new KalamError("primary_key_violation", { value: values.join(", "), column: primaryKey.join(", ") });
}
