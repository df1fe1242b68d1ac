export {
  EmbeddedDatabase,
  type EmbeddedResult,
  type EmbeddedRow,
  type EmbeddedValue,
  open,
  Session,
} from "./embedded/database.ts";
export type { OpenOptions } from "./embedded/options.ts";
export type { Role } from "./engine/auth/roles.ts";
export { KalamError } from "./errors/index.ts";
