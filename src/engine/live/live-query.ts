import { KalamError, toKalamError } from "../../errors/index.ts";
import { DELETED_SLOT, SEQ_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { type Frame, NotSimple } from "../query/expression/index.ts";
import { frameOf } from "../query/select.ts";
import type { RowChange } from "../rows/change-feed.ts";
import type { Row, Value } from "../types/column-type.ts";
import type { LiveChange, LiveQueryShape } from "./contract.ts";
import { type LivePlan, replan, USER_SLOT } from "./plan.ts";

/** Who hears of the changes of a query. */
export interface LiveListener {
  deliver(change: LiveChange): void;
  /** @param resumable subscribing again, from the last `_seq` seen, may work */
  end(reason: KalamError, resumable: boolean): void;
  /** The query goes on under a new definition; ends when its user may not read the table as it is now. */
  tableAltered(database: Database, schema: TableSchema): void;
}

/**
 * A query that somebody follows, with everybody who follows an equal one: a change is matched and projected once for all of them.
 *
 *     former matched?   no      yes      yes
 *     new one matches?  yes     yes      no, or deleted
 *                       insert  update   delete
 */
export class LiveQuery {
  readonly listeners = new Set<LiveListener>();
  plan: LivePlan;
  /** Of the first who asked. */
  readonly execution: Execution;
  #frame: Frame;

  constructor(plan: LivePlan, execution: Execution, frame: Frame) {
    this.plan = plan;
    this.execution = execution;
    this.#frame = frame;
  }

  get frame(): Frame {
    return this.#frame;
  }

  /** Goes on under a new definition of the table. @returns false when the query means something else there, or nothing */
  adopt(database: Database, schema: TableSchema): boolean {
    try {
      const plan = replan(this.plan, this.execution, schema);
      if (plan === undefined) return false;
      this.#frame = frameOf(database, this.execution, plan.binder);
      this.plan = plan;
      return true;
    } catch (error) {
      if (error instanceof KalamError || error instanceof NotSimple) return false;
      throw error;
    }
  }

  get shape(): LiveQueryShape {
    return this.plan.shape;
  }

  /** Whether a live row is in the result. @throws KalamError what the condition cannot compute */
  matches(row: Row): boolean {
    const { where } = this.plan;
    return where === undefined || where.evaluate(row, this.frame) === true;
  }

  project(row: Row, user: string): Row {
    const { slots } = this.plan;
    const out: Value[] = new Array(slots.length);
    for (let at = 0; at < out.length; at++) {
      const slot = slots[at] as number;
      out[at] = slot === USER_SLOT ? user : (row[slot] ?? null);
    }
    return out;
  }

  /** What is told of a row that is not in the result: its key, and when it went. */
  projectGone(row: Row, user: string): Row {
    const { schema } = this.plan;
    const gone = new Array<Value>(schema.slotCount).fill(null);
    for (const slot of schema.keySlots) gone[slot] = row[slot] ?? null;
    gone[SEQ_SLOT] = row[SEQ_SLOT] ?? null;
    gone[DELETED_SLOT] = true;
    return this.project(gone, user);
  }

  /** Tells all listeners. A condition that cannot be computed for a row ends the query: they would miss what it decides. */
  tell({ former, row }: RowChange, schema: TableSchema, user: string): void {
    let change: LiveChange | undefined;
    try {
      change = this.#relative(former, row, schema, user);
    } catch (error) {
      for (const listener of this.listeners) listener.end(toKalamError(error), false);
      return;
    }
    if (change !== undefined) for (const listener of this.listeners) listener.deliver(change);
  }

  #relative(former: Row | undefined, row: Row, schema: TableSchema, user: string): LiveChange | undefined {
    const before = former !== undefined && this.matches(former);
    const after = row[DELETED_SLOT] !== true && this.matches(row);
    if (!before && !after) return undefined;
    const old = before ? (former as Row) : undefined;
    return {
      type: before && after ? "update" : after ? "insert" : "delete",
      row: after ? this.project(row, user) : undefined,
      old: old && this.project(after ? old : left(old, row, schema), user),
      seq: row[SEQ_SLOT] as bigint,
      user,
      query: this.plan.shape,
      cache: new Map(),
    };
  }
}

/** A row that is no longer in the result, as it was, with the `_seq` of the change that took it away. */
function left(old: Row, row: Row, schema: TableSchema): Row {
  const gone = [...old];
  if (schema.definition.primaryKey.length > 0) gone[SEQ_SLOT] = row[SEQ_SLOT] ?? null;
  gone[DELETED_SLOT] = true;
  return gone;
}
