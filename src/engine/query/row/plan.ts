import type { Node, SelectStmt } from "libpg-query";
import type { SecondaryIndex } from "../../rows/indexes/secondary-index.ts";
import type { ColumnType, Row } from "../../types/column-type.ts";
import { compileCondition, functionName } from "../expression/compile.ts";
import type { Compiled, Frame, Scope } from "../expression/frame.ts";
import { compileKeyAccess, type KeyAccess } from "../expression/key-access.ts";
import { keyFormOf } from "../expression/key-form.ts";
import { NotSimple, RowsInSegments } from "../expression/not-simple.ts";
import type { Relation, ResultColumn, RowStream } from "../relation.ts";
import { explainPlan } from "./explain.ts";
import { chooseIndex, type IndexChoice, readByIndex } from "./index-choice.ts";
import { compileWindow, type Window, type WindowSource } from "./limits.ts";
import { compileOrder, type SortKey, scanDirection } from "./ordering.ts";
import { drain, pump } from "./pump.ts";
import { CountSink, type Sink, SortSink, StreamSink } from "./sinks.ts";
import { compileTargets, type Projection, projectionOf } from "./target-list.ts";

/**
 * A SELECT over at most one relation, compiled for the process itself. It holds nothing of one execution, so it can be kept and
 * run again, also at the same time.
 */
export interface RowQueryPlan {
  readonly columns: readonly ResultColumn[];
  /** Names of the key of the relation, in whose order rows come that ORDER BY leaves equal. */
  readonly keyColumns: readonly string[];
  /** The result is one row of `count(*)`. */
  readonly counts: boolean;
  /**
   * The rows, as they are when `run` is called.
   *
   * @param relation undefined for a query without FROM.
   * @param anyway read segments here too, row by row, because the analytical path does not know the query
   * @throws NotSimple before any row was given, when this execution is better done by the analytical path.
   */
  run(relation: Relation | undefined, frame: Frame, anyway?: boolean): RowStream | Promise<RowStream>;
  /** Whether it asks for more than a few keys, and some of that is in segments: then the analytical path is faster. */
  reachesCold(relation: Relation, frame: Frame): boolean;
  /** One line per step, from the rows to the result. */
  readonly explain: readonly string[];
}

/**
 * Plans a SELECT for the row evaluator.
 *
 * @param keyTypes types of the relation's key columns, in key order.
 * @param indexes of the relation's table
 * @returns undefined when the query needs the analytical path.
 * @throws KalamError for mistakes that are mistakes on every path.
 */
export function planRowQuery(
  select: SelectStmt,
  scope: Scope,
  keyTypes: readonly ColumnType[],
  indexes: readonly SecondaryIndex[] = [],
): RowQueryPlan | undefined {
  if (!isPlain(select)) return undefined;
  try {
    return compilePlan(select, scope, keyTypes, indexes);
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
}

function isPlain(select: SelectStmt): boolean {
  const special =
    select.distinctClause ??
    select.intoClause ??
    select.groupClause ??
    select.havingClause ??
    select.windowClause ??
    select.valuesLists ??
    select.lockingClause ??
    select.withClause;
  const from = select.fromClause ?? [];
  const [first] = from;
  if (special !== undefined || (select.op !== undefined && select.op !== "SETOP_NONE") || from.length > 1) return false;
  return first === undefined || ("RangeVar" in first && first.RangeVar.alias?.colnames === undefined);
}

/** The parts of a plan. */
export interface PlanParts {
  readonly scope: Scope;
  readonly where: Compiled | undefined;
  readonly access: KeyAccess | undefined;
  readonly index: IndexChoice | undefined;
  readonly order: readonly SortKey[];
  /** Undefined when rows have to be sorted. */
  readonly direction: "forward" | "backward" | undefined;
  readonly window: WindowSource;
  readonly hasLimit: boolean;
  readonly hasFrom: boolean;
  /** How many columns are `count(*)`; 0 when the query gives rows. */
  readonly counts: number;
}

function compilePlan(
  select: SelectStmt,
  scope: Scope,
  keyTypes: readonly ColumnType[],
  indexes: readonly SecondaryIndex[],
): RowQueryPlan {
  const list = select.targetList ?? [];
  const { whereClause } = select;
  const where = whereClause === undefined ? undefined : compileCondition(whereClause, scope);
  const access = compileKeyAccess(whereClause, scope, keyFormOf(scope.shape, keyTypes));
  const window = compileWindow(select, scope);
  const hasLimit = select.limitCount !== undefined;
  const hasFrom = (select.fromClause ?? []).length > 0;
  const shared = { scope, where, access, window, hasLimit, hasFrom };
  const counted = countColumns(list);
  if (counted !== undefined) {
    if (select.sortClause !== undefined) throw new NotSimple("ORDER BY beside count(*)");
    const index = chooseIndex(indexes, access, scope, { where: whereClause, order: [], hasLimit: false });
    const parts: PlanParts = { ...shared, index, order: [], direction: "forward", counts: counted.length };
    return new CompiledQuery(counted, parts, undefined);
  }
  if (list.length === 0) throw new NotSimple("an empty SELECT list");
  const targets = compileTargets(list, scope);
  const order = compileOrder(select.sortClause ?? [], targets, scope);
  const direction = scanDirection(order, scope.shape?.keySlots ?? [], access?.equalities ?? 0);
  const index = chooseIndex(indexes, access, scope, { where: whereClause, order, hasLimit });
  const columns = targets.map((target) => target.column);
  return new CompiledQuery(columns, { ...shared, index, order, direction, counts: 0 }, projectionOf(targets));
}

/** The columns of a list that consists of `count(*)`; undefined when it does not. */
function countColumns(list: readonly Node[]): ResultColumn[] | undefined {
  const columns: ResultColumn[] = [];
  for (const node of list) {
    const value = "ResTarget" in node ? node.ResTarget.val : undefined;
    if (value === undefined || !("FuncCall" in value)) return undefined;
    const call = value.FuncCall;
    const plain = call.agg_filter === undefined && call.over === undefined;
    if (functionName(call) !== "count" || call.agg_star !== true || !plain) return undefined;
    const name = "ResTarget" in node ? (node.ResTarget.name ?? "count") : "count";
    columns.push({ name, type: { kind: "bigint" } });
  }
  return columns.length === 0 ? undefined : columns;
}

const ONE_EMPTY_ROW: readonly Row[] = [[]];

class CompiledQuery implements RowQueryPlan {
  readonly columns: readonly ResultColumn[];
  readonly #parts: PlanParts;
  readonly #project: Projection | undefined;

  constructor(columns: readonly ResultColumn[], parts: PlanParts, project: Projection | undefined) {
    this.columns = columns;
    this.#parts = parts;
    this.#project = project;
  }

  get keyColumns(): readonly string[] {
    const { shape } = this.#parts.scope;
    return (shape?.keySlots ?? []).flatMap((slot) => shape?.columns.find((column) => column.slot === slot)?.name ?? []);
  }

  get counts(): boolean {
    return this.#parts.counts > 0;
  }

  get explain(): readonly string[] {
    return explainPlan(this.#parts);
  }

  run(relation: Relation | undefined, frame: Frame, anyway = false): RowStream | Promise<RowStream> {
    const window = this.#parts.window(frame);
    if (relation === undefined || !this.#parts.hasFrom) return drain(ONE_EMPTY_ROW, this.#sink(window, frame));
    const { index } = this.#parts;
    const wanted = window.skip + window.take;
    const found = index && readByIndex(relation, index, this.#parts.where, wanted, frame);
    if (found instanceof Promise) {
      return found.then((rows) =>
        rows === undefined ? this.#withoutIndex(relation, window, frame, anyway) : this.#indexed(rows, window, frame),
      );
    }
    return found === undefined
      ? this.#withoutIndex(relation, window, frame, anyway)
      : this.#indexed(found, window, frame);
  }

  /** Rows that an index found are in the order of the query already, or in that of the keys. */
  #indexed(rows: readonly Row[], window: Window, frame: Frame): RowStream {
    const { index, direction } = this.#parts;
    if (index?.order !== "key") return drain(rows, this.#sink(window, frame, "forward"));
    return drain(direction === "backward" ? rows.toReversed() : rows, this.#sink(window, frame));
  }

  #withoutIndex(relation: Relation, window: Window, frame: Frame, anyway: boolean): RowStream | Promise<RowStream> {
    const sink = this.#sink(window, frame);
    const target = this.#parts.access?.resolve(frame);
    const backward = this.#parts.direction === "backward";
    if (target === undefined || "range" in target) {
      const range = target?.range ?? {};
      if (!anyway && relation.reachesCold?.(range) === true) throw new RowsInSegments();
      return pump(relation.scan(range, backward), sink, frame.runtime);
    }
    const { keys } = target;
    if (keys.length === 0) return drain([], sink);
    const found = relation.lookup(backward ? keys.toReversed() : keys);
    return found instanceof Promise ? found.then((rows) => drain(rows, sink)) : drain(found, sink);
  }

  reachesCold(relation: Relation, frame: Frame): boolean {
    const target = this.#parts.access?.resolve(frame);
    if (target !== undefined && "keys" in target) return false;
    return relation.reachesCold?.(target?.range ?? {}) === true;
  }

  #sink(window: Window, frame: Frame, direction = this.#parts.direction): Sink {
    const { where, order, counts } = this.#parts;
    const filter = where?.evaluate;
    if (this.#project === undefined) return new CountSink(filter, counts, window, frame);
    if (direction !== undefined) return new StreamSink(filter, this.#project, window, frame);
    return new SortSink(filter, order, this.#project, window, frame);
  }
}
