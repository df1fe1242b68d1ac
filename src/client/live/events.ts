import type { BatchControl } from "../../protocol/live.ts";
import type { RowData } from "../cell-value.ts";
import type { SchemaField } from "../results.ts";
import type { SeqId } from "../seq-id.ts";

export const MessageType = {
  SubscriptionAck: "subscription_ack",
  InitialDataBatch: "initial_data_batch",
  Change: "change",
  MustResnapshot: "must_resnapshot",
  Error: "error",
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

export const ChangeType = { Insert: "insert", Update: "update", Delete: "delete" } as const;
export type ChangeType = (typeof ChangeType)[keyof typeof ChangeType];

/** The subscription is in force: at its beginning, and again after every reconnect. */
export interface SubscriptionAck {
  readonly type: "subscription_ack";
  readonly subscription_id: string;
  readonly total_rows: number;
  readonly batch_control: BatchControl;
  readonly schema: readonly SchemaField[];
  /** It goes on where it was interrupted. */
  readonly resumed: boolean;
}

/** Rows as they are now: those that the subscription begins with, or after a reconnect those that changed meanwhile. */
export interface InitialDataBatch {
  readonly type: "initial_data_batch";
  readonly subscription_id: string;
  readonly rows: readonly RowData[];
  /** After a reconnect: key and `_seq` of rows that were deleted or left the filter meanwhile; some were perhaps never given. */
  readonly gone: readonly RowData[];
  readonly batch_control: BatchControl;
}

/** A row came, changed or went. */
export interface ChangeEvent {
  readonly type: "change";
  readonly subscription_id: string;
  readonly change_type: ChangeType;
  /** Of `insert` and `update`: the row as it is now. */
  readonly rows?: readonly RowData[];
  /** Of `update`: the key and the former values of what changed. Of `delete`: the row as it was. */
  readonly old_values?: readonly RowData[];
}

/** It cannot go on without a gap and begins anew: what was given is to be forgotten, all rows follow. */
export interface MustResnapshot {
  readonly type: "must_resnapshot";
  readonly subscription_id: string;
  readonly reason: string;
}

export interface SubscriptionErrorEvent {
  readonly type: "error";
  readonly subscription_id: string;
  readonly code: string;
  readonly message: string;
  /** Nothing follows. */
  readonly ended: boolean;
}

export type ServerMessage = SubscriptionAck | InitialDataBatch | ChangeEvent | MustResnapshot | SubscriptionErrorEvent;

/** Is told everything of one subscription, in order and each thing once. */
export type SubscriptionCallback = (event: ServerMessage) => void;

export interface SubscriptionOptions {
  /** Values for `$1 …`. */
  readonly params?: readonly (null | boolean | number | bigint | string)[];
  /** Rows of one batch; 1000 when not given. */
  readonly batch_size?: number;
  /** Begins with the newest n rows; 0: with none. They come in one batch. */
  readonly last_rows?: number;
  /** Begins behind this `_seq`. */
  readonly from?: SeqId | bigint | number | string;
  /** Nothing beyond this `_seq`. */
  readonly until?: SeqId | bigint | number | string;
  /** Begins with rows that are not older than this moment: a date, or microseconds since 1970. */
  readonly since?: Date | bigint | number;
}

export interface SubscriptionInfo {
  readonly id: string;
  /** The SQL text. */
  readonly tableName: string;
  readonly createdAt: Date;
  readonly lastSeqId?: SeqId;
  readonly closed: boolean;
}
