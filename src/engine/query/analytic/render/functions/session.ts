import { quoteText } from "../../../../duckdb/constants.ts";
import { DATABASE_NAME, productVersion } from "../../../../product.ts";
import { postgresTypeName } from "../../../../types/type-display.ts";
import type { AnalyticalContext } from "../../context.ts";
import { ID_FUNCTION_NAMES } from "../../scan/id-functions.ts";
import { TEXT } from "../bound.ts";
import { unsupported } from "../env.ts";
import { direct, type Rule, type Rules } from "./rule.ts";

/** A function without arguments whose value the statement knows. */
function known(value: (context: AnalyticalContext) => string): Rule {
  return {
    minimum: 0,
    maximum: 0,
    render: (call) => ({ sql: quoteText(value(call.env.context)), type: TEXT }),
  };
}

const user = known((context) => context.principal.userId);
const role = known((context) => context.principal.role);

/** Both branches are the type's name; the condition keeps an aggregate an aggregate. */
const typeOf: Rule = {
  minimum: 1,
  maximum: 1,
  render({ args: [of], position }) {
    if (of?.type === undefined)
      throw unsupported("pg_typeof of an expression whose type only its value tells", position);
    const name = quoteText(postgresTypeName(of.type));
    return { sql: `CASE WHEN (${of.sql}) IS NULL THEN ${name} ELSE ${name} END`, type: TEXT };
  },
};

export const SESSION_FUNCTIONS: Rules = new Map<string, Rule>([
  ["current_user", user],
  ["current_user_id", user],
  ["kdb_current_user", user],
  ["current_role", role],
  ["kdb_current_role", role],
  ["current_schema", known((context) => context.namespace)],
  ["current_database", known(() => DATABASE_NAME)],
  ["version", known(() => productVersion())],
  ["pg_typeof", typeOf],
  ["snowflake_id", direct(ID_FUNCTION_NAMES.snowflake_id, [], { kind: "bigint" })],
  ["uuid_v7", direct(ID_FUNCTION_NAMES.uuid_v7, [], TEXT)],
  ["ulid", direct(ID_FUNCTION_NAMES.ulid, [], TEXT)],
  ["gen_random_uuid", direct("uuid", [], { kind: "uuid" })],
]);
