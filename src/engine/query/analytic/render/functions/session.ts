import { TEXT } from "../bound.ts";
import { quoteText } from "../literals.ts";
import { direct, type Rule, type Rules } from "./rule.ts";

const user: Rule = {
  minimum: 0,
  maximum: 0,
  render: (call) => ({ sql: quoteText(call.env.context.principal.userId), type: TEXT }),
};
const role: Rule = {
  minimum: 0,
  maximum: 0,
  render: (call) => ({ sql: quoteText(call.env.context.principal.role), type: TEXT }),
};

export const SESSION_FUNCTIONS: Rules = new Map<string, Rule>([
  ["current_user", user],
  ["current_user_id", user],
  ["kdb_current_user", user],
  ["session_user", user],
  ["current_role", role],
  ["kdb_current_role", role],
  ["gen_random_uuid", direct("uuid", [], { kind: "uuid" })],
]);
