/** The client library of KalamDB: `import { createClient, Auth } from "kalamdb/client"`. Runs in Node and in browsers. */
export {
  Auth,
  type AuthProvider,
  type Credentials,
  type LoginResponse,
  type MeResponse,
  type UserInfo,
} from "./auth.ts";
export { KalamCellValue, type RowData, wrapRowMap } from "./cell-value.ts";
export { createClient, KalamDBClient, type Unsubscribe } from "./client.ts";
export {
  AuthenticationError,
  ClientError,
  ConnectionError,
  ServerError,
  type ServerErrorFields,
  SubscriptionError,
  TimeoutError,
} from "./errors.ts";
export { type ClientFault, type ClientHooks, type DisconnectReason, type LogEntry, LogLevel } from "./hooks.ts";
export type { ChangeStream, ChangeStreamOptions, RowChange } from "./live/change-stream.ts";
export {
  type ChangeEvent,
  ChangeType,
  type InitialDataBatch,
  MessageType,
  type MustResnapshot,
  type ServerMessage,
  type SubscriptionAck,
  type SubscriptionCallback,
  type SubscriptionErrorEvent,
  type SubscriptionInfo,
  type SubscriptionOptions,
} from "./live/events.ts";
export type { LiveRowsOptions } from "./live/live-rows.ts";
export type { ClientOptions, QueryOptions, QueryParameter } from "./options.ts";
export type { ResponseEvent } from "./response-stream.ts";
export {
  type Cell,
  type NamedRow,
  nameRow,
  type QueryResponse,
  type QueryResult,
  type SchemaField,
  type WireType,
} from "./results.ts";
export { SeqId } from "./seq-id.ts";
