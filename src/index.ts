export {
  EmbeddedDatabase,
  type EmbeddedResult,
  type EmbeddedRow,
  type EmbeddedValue,
  type OpenOptions,
  open,
  Session,
} from "./embedded/database.ts";
export type { Role } from "./engine/auth/roles.ts";
export { KalamError } from "./errors/index.ts";
