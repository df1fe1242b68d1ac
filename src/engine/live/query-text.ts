import type { FuncCall } from "libpg-query";
import type { Execution } from "../execution.ts";
import type { Parameter } from "../request.ts";
import { type Literal, NumberLiteral, type StatementTemplate } from "../sql/statement.ts";
import { visit } from "../sql/tree.ts";
import type { LivePlan } from "./plan.ts";

/** Templates are shared by texts that differ in their literals alone. */
const numbers = new WeakMap<StatementTemplate, number>();
let lastNumber = 0;

/**
 * Equal for two subscriptions whose queries have the same answer over the same rows: the same template and inputs, on the same
 * version of the table, and where the condition asks for the user or the time, the same user and moment.
 */
export function queryText({ statement, params, principal, now }: Execution, { schema, node }: LivePlan): string {
  const { template, literals } = statement;
  let number = numbers.get(template);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(template, number);
  }
  const inputs = [...params.slice(0, template.parameterCount), ...literals].map(inputText);
  const session = asksForSession(node.whereClause) ? `${principal.userId} ${principal.role} ${now}` : "";
  return JSON.stringify([number, schema.definition.schemaVersion, session, ...inputs]);
}

function inputText(input: Parameter | Literal): string {
  return input instanceof NumberLiteral ? `n${input.text}` : `${typeof input} ${input}`;
}

/** Whether a condition reads `CURRENT_USER`, `NOW()` or their like: functions without arguments. */
function asksForSession(where: unknown): boolean {
  let asks = false;
  visit(where, (node) => {
    if ("SQLValueFunction" in node) asks = true;
    const call = node.FuncCall as FuncCall | undefined;
    if (call !== undefined && (call.args ?? []).length === 0) asks = true;
  });
  return asks;
}
