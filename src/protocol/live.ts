import type { SchemaField } from "./sql.ts";

/**
 * The messages of `GET /v1/ws`, in the order in which a connection sees them.
 *
 *     client                                server
 *     authenticate ────────────────────────▶
 *                  ◀──────────────────────── auth_success │ auth_error, then the connection ends
 *     subscribe ───────────────────────────▶
 *                  ◀──────────────────────── subscription_ack │ error
 *                  ◀──────────────────────── initial_data_batch   where first rows were asked for
 *     next_batch ──────────────────────────▶                      while `has_more`
 *                  ◀──────────────────────── initial_data_batch
 *                  ◀──────────────────────── change …             from the last batch on
 *     unsubscribe ─────────────────────────▶
 *
 * A JSON message is a text frame and a MessagePack one a binary frame; whatever starts with the magic of gzip (1f 8b) is
 * compressed. `_seq` in rows is text; `from`, `until` and `last_seq_id` are whole numbers of up to 63 bits, which JavaScript's
 * `JSON.parse` would round.
 */
export const LIVE_PATH = "/v1/ws";

export type Serialization = "json" | "msgpack";
export type Compression = "none" | "gzip";

/** How a connection's messages are written. */
export interface LiveProtocol {
  readonly serialization: Serialization;
  readonly compression: Compression;
}

export type LiveParameter = null | boolean | number | bigint | string;

export interface SubscriptionOptions {
  /** Rows of one batch; 1000 when missing. */
  readonly batch_size?: number | null;
  /** The newest n rows instead of all. */
  readonly last_rows?: number | null;
  /** Only what came after this `_seq`: how a subscription goes on after a lost connection. Also `from_seq_id`. */
  readonly from?: number | bigint | string | null;
  /** First rows up to this `_seq` only. */
  readonly until?: number | bigint | string | null;
  /** First rows not older than this moment, in microseconds since 1970. */
  readonly since?: number | bigint | string | null;
  /**
   * With `from`: what was deleted, or left the filter, since then comes in the field `gone` of the batch it belongs to. Otherwise
   * it comes as `change` messages behind the batch, which are lost when the connection breaks in between.
   */
  readonly gone_in_batch?: boolean | null;
}

export interface SubscriptionRequest {
  /** Chosen by the client, up to 256 characters; one that is in use is replaced. */
  readonly id: string;
  /** `SELECT … FROM namespace.table [WHERE …]` or `SUBSCRIBE TO …`. */
  readonly sql: string;
  /** Values of `$1`, `$2` … */
  readonly params?: readonly LiveParameter[] | null;
  /** Missing or null: no first rows, only changes. */
  readonly options?: SubscriptionOptions | null;
}

export interface AuthenticateMessage {
  readonly type: "authenticate";
  readonly method: "jwt";
  readonly token: string;
  readonly protocol: LiveProtocol;
}
export interface SubscribeMessage {
  readonly type: "subscribe";
  readonly subscription: SubscriptionRequest;
}
export interface NextBatchMessage {
  readonly type: "next_batch";
  readonly subscription_id: string;
  /** The `last_seq_id` of the batch before; missing: from the start. */
  readonly last_seq_id?: number | bigint | string | null;
}
export interface UnsubscribeMessage {
  readonly type: "unsubscribe";
  readonly subscription_id: string;
}
/** Not answered; says that the client is alive, as every message does. */
export interface PingMessage {
  readonly type: "ping";
}
export type ClientMessage =
  | AuthenticateMessage
  | SubscribeMessage
  | NextBatchMessage
  | UnsubscribeMessage
  | PingMessage;

/** Column → value, in the encoding that HTTP results have. `_seq` is always there. */
export type LiveRow = Readonly<Record<string, unknown>>;

export interface BatchControl {
  /** From 0. */
  readonly batch_num: number;
  readonly has_more: boolean;
  readonly status: "loading" | "loading_batch" | "ready";
  /** The `_seq` that the batch reaches to; null when nothing was there. */
  readonly last_seq_id: number | bigint | string | null;
}

export interface AuthSuccessMessage {
  readonly type: "auth_success";
  readonly user: string;
  readonly role: string;
  readonly protocol: LiveProtocol;
}
export interface AuthErrorMessage {
  readonly type: "auth_error";
  readonly message: string;
}
export interface SubscriptionAckMessage {
  readonly type: "subscription_ack";
  readonly subscription_id: string;
  /** Always 0. */
  readonly total_rows: number;
  /** That of the first batch. */
  readonly batch_control: BatchControl;
  readonly schema: readonly SchemaField[];
}
export interface InitialDataBatchMessage {
  readonly type: "initial_data_batch";
  readonly subscription_id: string;
  readonly rows: readonly LiveRow[];
  /** Only with `gone_in_batch`, and only when there are any: key and `_seq` of rows that are no longer part of the answer. */
  readonly gone?: readonly LiveRow[];
  readonly batch_control: BatchControl;
}
/**
 * One row entered the answer of the query (`insert`: `rows`), changed within it (`update`: `rows`, and in `old_values` the key
 * and the former values of what changed), or left it (`delete`: `old_values`, with the `_seq` of the change).
 */
export interface ChangeMessage {
  readonly type: "change";
  readonly subscription_id: string;
  readonly change_type: "insert" | "update" | "delete";
  readonly rows?: readonly LiveRow[];
  readonly old_values?: readonly LiveRow[];
}
export interface LiveErrorMessage {
  readonly type: "error";
  readonly subscription_id: string;
  readonly code: string;
  readonly message: string;
  /** The subscription is over; nothing comes for it any more. */
  readonly ended?: true;
  /** Where it is over: whether subscribing again with `from` goes on without loss. Otherwise the first rows are needed anew. */
  readonly resumable?: boolean;
}
export type ServerMessage =
  | AuthSuccessMessage
  | AuthErrorMessage
  | SubscriptionAckMessage
  | InitialDataBatchMessage
  | ChangeMessage
  | LiveErrorMessage;

/** Codes of `LiveErrorMessage` that clients act on. */
export const MUST_RESNAPSHOT = "MUST_RESNAPSHOT";

/** Codes with which the server closes a connection. */
export const LIVE_CLOSE = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  invalidMessage: 1011,
  tryAgainLater: 1013,
} as const;
