import type { Principal } from "../auth/roles.ts";
import type { ResultColumn } from "../query/relation.ts";
import type { Parameter } from "../request.ts";
import type { TableKind } from "../sql/statement.ts";
import type { Row } from "../types/column-type.ts";

/** Which rows a subscription begins with. */
export interface LiveOptions {
  /** Rows of one batch; 1000 when missing. 0 asks for an empty first batch. */
  readonly batchSize?: number | undefined;
  /** Only the newest n rows. */
  readonly lastRows?: number | undefined;
  /** Go on behind this `_seq`: rows of later versions, and the keys of rows that are gone since. */
  readonly from?: bigint | undefined;
  /** Nothing beyond this `_seq`, neither rows nor changes. */
  readonly until?: bigint | undefined;
  /** No rows written before this moment, in microseconds since 1970. */
  readonly since?: bigint | undefined;
}

export interface LiveRequest {
  /** One SELECT over one table, or `SUBSCRIBE TO …`. */
  readonly sql: string;
  readonly params?: readonly Parameter[] | undefined;
  readonly principal: Principal;
  readonly connectionId: string;
  readonly subscriptionId: string;
  /** Undefined: no initial rows, changes only. */
  readonly options: LiveOptions | undefined;
  /** When the connection was last heard of, in microseconds since 1970: for `system.live`. */
  readonly lastHeard?: (() => bigint) | undefined;
}

/** Why the engine ended a subscription. */
export interface LiveEnd {
  /** `error.code` of the wire. */
  readonly code: string;
  readonly message: string;
  /** Subscribing again, from the last `_seq` seen, may work. */
  readonly resumable: boolean;
}

/** Where the changes of one subscription go. Both calls come in the middle of a commit: they must not block or throw. */
export interface LiveSink {
  change(change: LiveChange): void;
  /** Nothing comes after this. */
  ended(reason: LiveEnd): void;
}

/**
 * Why a column is in the rows of a live query.
 *
 * - `selected`: the query names it, or it is one of `*`.
 * - `key`: it belongs to the primary key, by which clients find the row again.
 * - `seq`, `deleted`, `user`: `_seq`, always; `_deleted`, with `*`; `_user_id`, with ALL USERS.
 */
export type LiveRole = "selected" | "key" | "seq" | "deleted" | "user";

export interface LiveColumn extends ResultColumn {
  readonly role: LiveRole;
}

/** What subscribers of equal queries have in common; the same object for all of them. */
export interface LiveQueryShape {
  readonly namespace: string;
  readonly table: string;
  readonly kind: TableKind;
  /** Of all rows of the query, in their order: selected ones first. */
  readonly columns: readonly LiveColumn[];
  /** `SELECT *`. */
  readonly all: boolean;
}

/**
 * One change, relative to a query: `insert` when a row enters its result, `update` when it was there and still is, `delete` when
 * it leaves, deleted or not. The object is shared by all subscribers of equal queries.
 */
export interface LiveChange {
  readonly type: "insert" | "update" | "delete";
  /** The row as it is now, in the columns of the query; undefined for `delete`. */
  readonly row: Row | undefined;
  /**
   * The row as it was; undefined for `insert`. Of a `delete` it has the `_seq` of the deletion, except in a table without a primary
   * key, where `_seq` is the key.
   */
  readonly old: Row | undefined;
  readonly seq: bigint;
  /** Whose row it is; empty in a shared table. */
  readonly user: string;
  readonly query: LiveQueryShape;
  /** For whoever encodes: one per query and change. */
  readonly cache: Map<string, unknown>;
}

export interface LiveBatch {
  /** In the columns of the query, ascending by `_seq`. */
  readonly rows: readonly Row[];
  /** Only after `from`: key, `_seq` and `_deleted` of rows that are no longer in the result, or never were. Ascending by `_seq`. */
  readonly gone: readonly Row[];
  /** From 0. */
  readonly batch: number;
  readonly hasMore: boolean;
  /** `_seq` up to which everything has been given; null when nothing was. */
  readonly lastSeq: bigint | null;
}

/**
 * A subscription that is in force. What changes from the moment it began is held back until `flow` is called, so that whoever
 * sends can first send the initial rows:
 *
 *     const subscription = await live.subscribe(request, sink);
 *     let batch;
 *     do { batch = await subscription.next(); send(batch); } while (batch.hasMore);
 *     subscription.flow();
 */
export interface LiveSubscription {
  /** `<user>-<connection>-<subscription>` */
  readonly id: string;
  /** With the options that the text asked for, where it was `SUBSCRIBE TO … OPTIONS (…)`. */
  readonly request: LiveRequest;
  readonly query: LiveQueryShape;
  /**
   * The next initial rows; without `options` there is one empty batch.
   * @param afterSeq where the reader stands; the end of the batch before when missing
   */
  next(afterSeq?: bigint): Promise<LiveBatch>;
  /** Gives out what was held back, and every change from now on at once. */
  flow(): void;
  close(): void;
}

/** A subscription as `system.live` shows it. Times are microseconds since 1970. */
export interface LiveInfo {
  readonly id: string;
  readonly connectionId: string;
  readonly subscriptionId: string;
  readonly userId: string;
  readonly namespace: string;
  readonly table: string;
  readonly sql: string;
  readonly options: LiveOptions | undefined;
  readonly createdAt: bigint;
  readonly lastUpdate: bigint;
  /** Changes given out. */
  readonly changes: bigint;
  readonly lastHeard: bigint | null;
}
