import { loadModule, type Node, parseSync, type SelectStmt } from "libpg-query";
import {
  compileExpression,
  type Frame,
  InputBinder,
  type InputKinds,
} from "../../../../src/engine/query/expression/index.ts";
import type { Relation, ResultColumn, RowStream } from "../../../../src/engine/query/relation.ts";
import { planRowQuery, type RowQueryPlan } from "../../../../src/engine/query/row/index.ts";
import type { Parameter } from "../../../../src/engine/request.ts";
import { loadSqlParser, SqlParser } from "../../../../src/engine/sql/index.ts";
import type { Literal } from "../../../../src/engine/sql/statement.ts";
import type { Row, Value } from "../../../../src/engine/types/column-type.ts";
import { Decimal } from "../../../../src/engine/types/decimal.ts";
import { ManualClock } from "../../../../src/runtime/clock.ts";
import { createRuntime, type Runtime } from "../../../../src/runtime/runtime.ts";
import { keyTypesOf } from "./array-relation.ts";

export async function loadGrammar(): Promise<void> {
  await loadModule();
  await loadSqlParser();
}

/** 2026-03-04T05:06:07.000008Z */
export const NOW = 1_772_600_767_000_008n;

export function selectOf(sql: string): SelectStmt {
  const statement = parseSync(sql).stmts?.[0]?.stmt;
  if (statement === undefined || !("SelectStmt" in statement)) throw new Error(`not a SELECT: ${sql}`);
  return statement.SelectStmt;
}

const parser = new SqlParser({ cacheEntries: 16, maxStatementBytes: 1 << 20 });

/** The statement as the engine sees it: with its literals taken out. */
export function templateOf(sql: string): { select: SelectStmt; kinds: InputKinds; literals: readonly Literal[] } {
  const [parsed] = parser.parse(sql);
  const statement = parsed?.template.statement;
  if (parsed === undefined || statement?.kind !== "select") throw new Error(`not a SELECT: ${sql}`);
  return { select: statement.node, kinds: parsed.template, literals: parsed.literals };
}

export const testRuntime = (): Runtime => createRuntime({ clock: new ManualClock(1_772_600_767_000) });

export function frameOf(inputs: readonly Value[], runtime: Runtime = testRuntime()): Frame {
  return {
    inputs,
    now: NOW,
    principal: { userId: "ada", role: "user" },
    sessionUser: "ada",
    namespace: "default",
    runtime,
  };
}

/** The value of an expression that needs no row; once as constants, once as a template, which must agree. */
export function evaluated(expression: string): Value {
  const sql = `SELECT ${expression}`;
  const constant = evaluate(selectOf(sql), { parameterCount: 0, literalKinds: [] }, []);
  const template = templateOf(sql);
  const bound = evaluate(template.select, template.kinds, template.literals);
  if (show(constant) !== show(bound))
    throw new Error(`${expression}: ${show(constant)} but as template ${show(bound)}`);
  return constant;
}

function evaluate(select: SelectStmt, kinds: InputKinds, literals: readonly Literal[]): Value {
  const binder = new InputBinder(kinds);
  const target = select.targetList?.[0] as { ResTarget: { val: Node } };
  const compiled = compileExpression(target.ResTarget.val, { shape: undefined, alias: undefined, binder });
  return compiled.evaluate([], frameOf(binder.bind([], literals)));
}

/** A value as readable text: bigints end in n, decimals are `#1.50`. */
export function show(value: Value | undefined): string {
  if (value instanceof Decimal) return `#${value}`;
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  return Object.is(value, -0)
    ? "-0"
    : typeof value === "number"
      ? String(value)
      : (JSON.stringify(value) ?? "undefined");
}

export interface Answer {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly Row[];
  readonly plan: RowQueryPlan;
}

/** Plans and runs a query; undefined when the row evaluator leaves it to the other path. */
export async function query(
  relation: Relation | undefined,
  sql: string,
  params: readonly Parameter[] = [],
  runtime: Runtime = testRuntime(),
): Promise<Answer | undefined> {
  const { select, kinds, literals } = templateOf(sql);
  const binder = new InputBinder(kinds);
  const from = select.fromClause?.[0];
  const alias = from !== undefined && "RangeVar" in from ? from.RangeVar.alias?.aliasname : undefined;
  const scope = { shape: relation?.shape, alias, binder };
  const plan = planRowQuery(select, scope, relation === undefined ? [] : keyTypesOf(relation.shape));
  if (plan === undefined) return undefined;
  const stream = await plan.run(relation, frameOf(binder.bind(params, literals), runtime));
  return { columns: plan.columns, rows: await collect(stream), plan };
}

export async function collect(stream: RowStream): Promise<readonly Row[]> {
  if (Array.isArray(stream)) return stream;
  const rows: Row[] = [];
  for await (const chunk of stream as AsyncIterable<readonly Row[]>) rows.push(...chunk);
  return rows;
}
