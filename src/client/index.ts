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
export { createClient, KalamDBClient } from "./client.ts";
export {
  AuthenticationError,
  ClientError,
  ConnectionError,
  ServerError,
  type ServerErrorFields,
  TimeoutError,
} from "./errors.ts";
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
