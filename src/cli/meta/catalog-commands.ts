import { ServerError } from "../../client/index.ts";
import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { unitOf } from "../script/request-unit.ts";
import type { Session } from "../session.ts";
import type { MetaCommand, MetaContext } from "./context.ts";

const FORBIDDEN = 403;

export const catalogCommands: readonly MetaCommand[] = [
  {
    names: ["dt", "tables"],
    argument: "[namespace]",
    help: "list tables",
    run: async (context, argument) => {
      const only = argument === "" ? "" : ` WHERE ${"{}"} = ${quoteText(argument)}`;
      await query(
        context,
        `SELECT namespace_id AS namespace, table_name, table_type FROM system.tables${only.replace("{}", "namespace_id")} ORDER BY namespace_id, table_name`,
        `SELECT table_schema AS namespace, table_name, table_type FROM information_schema.tables${only.replace("{}", "table_schema")} ORDER BY table_schema, table_name`,
      );
      return true;
    },
  },
  {
    names: ["d", "describe"],
    argument: "[table]",
    help: "describe a table, or list all",
    run: async (context, argument) => {
      if (argument === "") return (await catalogCommands[0]?.run(context, "")) ?? true;
      await query(context, `DESCRIBE TABLE ${qualified(context.session, argument)}`);
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
        "SELECT DISTINCT table_schema AS name FROM information_schema.tables ORDER BY table_schema",
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

/** @param instead for those who may not read the system's tables. */
async function query(context: MetaContext, sql: string, instead?: string): Promise<void> {
  try {
    await context.session.run(unitOf({ text: sql, line: 1 }), context.signal);
  } catch (error) {
    if (instead === undefined || !(error instanceof ServerError) || error.status !== FORBIDDEN) throw error;
    await context.session.run(unitOf({ text: instead, line: 1 }), context.signal);
  }
}

function qualified(session: Session, name: string): string {
  return name.includes(".") || session.namespace === undefined ? name : `${session.namespace}.${name}`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
