import { ServerError } from "../../client/index.ts";
import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { unitOf } from "../script/request-unit.ts";
import { quoteText } from "../sql-names.ts";
import type { MetaCommand, MetaContext } from "./context.ts";
import { describe, describeFully } from "./describe.ts";

const FORBIDDEN = 403;
const TABLES = "SELECT namespace_id AS namespace, table_name AS name, table_type AS type FROM system.tables";
/** For those who may not read the system's tables: the kind of a table is not told. */
const TABLES_FOR_ALL =
  "SELECT table_schema AS namespace, table_name AS name, 'table' AS type FROM information_schema.tables WHERE table_type = 'BASE TABLE'";
const VIEWS = "SELECT table_schema AS namespace, table_name AS name, 'view' AS type FROM information_schema.views";

export const catalogCommands: readonly MetaCommand[] = [
  {
    names: ["d", "describe"],
    argument: "[name]",
    help: "describe a table or view, or list all",
    run: async (context, argument) => {
      if (argument === "") await list(context, [TABLES, VIEWS], "", [TABLES_FOR_ALL, VIEWS]);
      else await describe(context, argument);
      return true;
    },
  },
  {
    names: ["d+"],
    argument: "name",
    help: "describe it with all that is known, and how it was created",
    run: async (context, argument) => {
      if (argument === "") throw new CliError("\\d+ needs the name of a table or view", EXIT.usage);
      await describeFully(context, argument);
      return true;
    },
  },
  {
    names: ["dt", "tables"],
    argument: "[namespace]",
    help: "list tables",
    run: async (context, argument) => {
      await list(context, [TABLES], argument, [TABLES_FOR_ALL]);
      return true;
    },
  },
  {
    names: ["dv", "views"],
    argument: "[namespace]",
    help: "list views",
    run: async (context, argument) => {
      await list(context, [VIEWS], argument);
      return true;
    },
  },
  {
    names: ["l", "dn", "namespaces"],
    help: "list namespaces",
    run: async (context) => {
      await query(
        context,
        "SHOW NAMESPACES",
        "SELECT schema_name AS name FROM information_schema.schemata ORDER BY schema_name",
      );
      return true;
    },
  },
  {
    names: ["du", "users"],
    help: "list users",
    run: async (context) => {
      await query(
        context,
        "SELECT user_id AS user, role, auth_type, email, last_login_at FROM system.users WHERE deleted_at IS NULL ORDER BY user_id",
      );
      return true;
    },
  },
  {
    names: ["use", "c"],
    argument: "namespace",
    help: "use a namespace for names without one",
    run: async (context, argument) => {
      if (argument === "") throw new CliError("\\use needs the name of a namespace", EXIT.usage);
      await query(context, `USE ${argument}`);
      return true;
    },
  },
  {
    names: ["as"],
    argument: "user statement",
    help: "run a statement on another user's rows",
    run: async (context, argument) => {
      const [, user, statement] = /^(\S+)\s+(.+)$/s.exec(argument) ?? [];
      if (user === undefined || statement === undefined) throw new CliError("Write \\as user statement", EXIT.usage);
      await query(context, `EXECUTE AS USER ${quoteText(user.replace(/^'(.*)'$/, "$1"))} (${statement})`);
      return true;
    },
  },
];

/** @param namespace only of this one; as in psql it may be written `name.*`. */
async function list(
  context: MetaContext,
  sources: readonly string[],
  namespace: string,
  instead?: readonly string[],
): Promise<void> {
  const name = namespace.replace(/\.\*$/, "");
  const only = name === "" || name === "*" ? "" : ` WHERE namespace = ${quoteText(name)}`;
  const from = (parts: readonly string[]) =>
    `SELECT namespace, name, type FROM (${parts.join(" UNION ALL ")}) AS relations${only} ORDER BY namespace, name`;
  await query(context, from(sources), instead === undefined ? undefined : from(instead));
}

/** @param instead for those who may not read the system's tables. */
async function query(context: MetaContext, sql: string, instead?: string): Promise<void> {
  try {
    await context.session.run(unitOf({ text: sql, line: 1 }), context.signal);
  } catch (error) {
    if (instead === undefined || !(error instanceof ServerError) || error.status !== FORBIDDEN) throw error;
    await context.session.run(unitOf({ text: instead, line: 1 }), context.signal);
  }
}
