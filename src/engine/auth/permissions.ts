import { KalamError } from "../../errors/index.ts";
import type { AccessLevel } from "../catalog/definitions.ts";
import type {
  CreateTable,
  CreateUser,
  ShowStatement,
  Statement,
  SubscribeStatement,
  TableKind,
} from "../sql/statement.ts";
import { displayRole, findRole } from "./role-names.ts";
import { isAdmin, type Principal, type Role } from "./roles.ts";

/**
 * Who may say what. A statement is decided by its kind alone here, before any name in it is looked up, so that a denial tells
 * nothing about what exists; rows and tables are decided by `requireTableAccess`.
 *
 * | rule | user | service | dba, system |
 * | --- | --- | --- | --- |
 * | `everyone` | yes | yes | yes |
 * | `service` | no | yes | yes |
 * | `admin` | no | no | yes |
 *
 * `anonymous` may say nothing.
 */
type Rule =
  | { readonly allow: "everyone" }
  | { readonly allow: "service"; readonly what: string }
  | { readonly allow: "admin"; readonly what: string; readonly text: "admin" | "insufficient" };

const everyone: Rule = { allow: "everyone" };
const service = (what: string): Rule => ({ allow: "service", what });
const admin = (what: string): Rule => ({ allow: "admin", what, text: "admin" });
const adminFor = (what: string): Rule => ({ allow: "admin", what, text: "insufficient" });

const RULES: Readonly<Record<Statement["kind"], Rule | ((statement: never) => Rule)>> = {
  select: everyone,
  insert: everyone,
  update: everyone,
  delete: everyone,
  begin: everyone,
  commit: everyone,
  rollback: everyone,
  execute_as: everyone,
  use_namespace: everyone,
  describe_table: everyone,
  alter_table: everyone,
  create_index: everyone,
  drop_index: everyone,
  explain: admin("EXPLAIN commands"),
  create_namespace: admin("namespace operations"),
  alter_namespace: admin("namespace operations"),
  drop_namespace: admin("namespace operations"),
  drop_table: adminFor("drop this table"),
  create_view: adminFor("create views"),
  drop_view: adminFor("drop views"),
  kill_job: admin("job management"),
  kill_live_query: admin("live query management"),
  subscribe: (statement: SubscribeStatement) => (statement.everybody ? service("SUBSCRIBE TO … ALL USERS") : everyone),
  clear_cache: admin("cache operations"),
  create_user: (statement: CreateUser) =>
    makesOrdinaryUser(statement) ? service("CREATE USER") : admin("user management"),
  alter_user: admin("user management"),
  drop_user: admin("user management"),
  create_storage: admin("storage operations"),
  alter_storage: admin("storage operations"),
  drop_storage: admin("storage operations"),
  storage_check: admin("storage operations"),
  storage_flush: service("STORAGE FLUSH"),
  storage_compact: service("STORAGE COMPACT"),
  create_table: (statement: CreateTable) => (makesSharedTable(statement) ? service("CREATE SHARED TABLE") : everyone),
  show: (statement: ShowStatement) => {
    switch (statement.subject.type) {
      case "users":
        return admin("user management");
      case "columns":
        return admin("SHOW COLUMNS");
      case "setting":
        return admin("SHOW ALL");
      default:
        return everyone;
    }
  },
};

/** Every kind of statement that there is. */
export const STATEMENT_KINDS: readonly string[] = Object.keys(RULES);

/** @throws KalamError `admin_required`, `insufficient_privileges` or `role_required` */
export function requireStatement(principal: Principal, statement: Statement): void {
  const entry = RULES[statement.kind];
  const rule = typeof entry === "function" ? entry(statement as never) : entry;
  const { role } = principal;
  if (isAdmin(role)) return;
  if (role === "anonymous") throw new KalamError("insufficient_privileges", { what: "run statements anonymously" });
  switch (rule.allow) {
    case "everyone":
      return;
    case "service":
      if (role === "service") return;
      throw new KalamError("role_required", { what: rule.what, roles: "service, dba, system" });
    case "admin":
      if (rule.text === "admin") throw new KalamError("admin_required", { what: rule.what });
      throw new KalamError("insufficient_privileges", { what: rule.what });
  }
}

/** What `requireTableAccess` must know of a table. System tables and views of the server have the kind `system`. */
export interface TableToAccess {
  readonly namespace: string;
  readonly name: string;
  readonly kind: TableKind | "system";
  readonly accessLevel: AccessLevel;
}

/**
 * Whether a role may use a table at all; which rows of it is decided by its partitions.
 *
 * @throws KalamError `system_table_denied`, `system_write_denied` or `shared_table_denied`
 */
export function requireTableAccess(role: Role, table: TableToAccess, mode: "read" | "write"): void {
  const fullName = `${table.namespace}.${table.name}`;
  if (role === "anonymous") {
    throw new KalamError("insufficient_privileges", { what: "read or write tables anonymously" });
  }
  if (table.kind === "system") {
    if (!isAdmin(role) && table.namespace === "system") {
      throw new KalamError("system_table_denied", { role: displayRole(role), table: fullName });
    }
    if (mode === "write") throw new KalamError("system_write_denied", { action: "write", table: fullName });
    return;
  }
  if (table.kind !== "shared" || mayUseShared(role, table.accessLevel, mode)) return;
  throw new KalamError("shared_table_denied", {
    role: displayRole(role),
    table: fullName,
    mode: mode === "read" ? "access" : "write",
    level: table.accessLevel.charAt(0).toUpperCase() + table.accessLevel.slice(1),
  });
}

/** Whether a role may ALTER a table of this kind. @throws KalamError `insufficient_privileges` */
export function requireAlterTable(role: Role, kind: TableKind): void {
  if (isAdmin(role) || role === "service") return;
  if (role === "user" && kind !== "shared") return;
  throw new KalamError("insufficient_privileges", { what: "alter this table" });
}

const TARGETS: Readonly<Record<Role, readonly Role[]>> = {
  system: ["system", "dba", "service", "user"],
  dba: ["dba", "service", "user"],
  service: ["service", "user"],
  user: [],
  anonymous: [],
};

/** Whether an account of one role may act for one of another. Everybody may act for himself: see `requireActAs`. */
export function mayActAs(actorRole: Role, targetRole: Role): boolean {
  return TARGETS[actorRole].includes(targetRole);
}

/** @throws KalamError `execute_as_denied` */
export function requireActAs(actor: Principal, target: Principal): void {
  if (actor.userId === target.userId && actor.role !== "anonymous") return;
  if (mayActAs(actor.role, target.role)) return;
  throw new KalamError("execute_as_denied", {
    actor: actor.userId,
    actorRole: displayRole(actor.role),
    target: target.userId,
    targetRole: displayRole(target.role),
  });
}

function mayUseShared(role: Role, level: AccessLevel, mode: "read" | "write"): boolean {
  if (isAdmin(role)) return true;
  if (role === "service") return level !== "dba";
  return level === "public" && mode === "read";
}

function makesOrdinaryUser(statement: CreateUser): boolean {
  return statement.role === undefined || findRole(statement.role) === "user";
}

function makesSharedTable(statement: CreateTable): boolean {
  const kind = statement.tableKind ?? statement.options.get("TYPE")?.toLowerCase() ?? "shared";
  return kind === "shared";
}
