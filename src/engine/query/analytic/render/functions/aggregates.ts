import type { ResultType } from "../../../../types/column-type.ts";
import { BIGINT, BOOLEAN, type Bound, DOUBLE, INTEGER, isFloat, isWhole, JSON_TYPE, TEXT } from "../bound.ts";
import type { Param } from "./rule.ts";

/** How an aggregate or window function of PostgreSQL is said in DuckDB. */
export interface AggregateRule {
  readonly duckName: string;
  readonly params: readonly Param[];
  readonly minimum: number;
  /** Only with OVER. */
  readonly windowOnly: boolean;
  /** Its order is given by WITHIN GROUP. */
  readonly ordered: boolean;
  readonly result: (args: readonly Bound[]) => ResultType | undefined;
}

export type AggregateRules = ReadonlyMap<string, AggregateRule>;

type Result = ResultType | "first" | ((args: readonly Bound[]) => ResultType | undefined) | undefined;

function rule(
  duckName: string,
  params: readonly Param[],
  result: Result,
  more: Partial<AggregateRule> = {},
): AggregateRule {
  const resolve =
    typeof result === "function" ? result : (args: readonly Bound[]) => (result === "first" ? args[0]?.type : result);
  return { duckName, params, minimum: params.length, windowOnly: false, ordered: false, result: resolve, ...more };
}

const sum = (args: readonly Bound[]): ResultType | undefined => {
  const type = args[0]?.type;
  if (isWhole(type)) return BIGINT;
  return isFloat(type) ? DOUBLE : type?.kind === "interval" ? type : undefined;
};
const listOf = (args: readonly Bound[]): ResultType | undefined =>
  args[0]?.type === undefined ? undefined : { kind: "list", element: args[0].type };
const statistic = (name: string): AggregateRule => rule(name, ["number"], DOUBLE);
const pairwise = (name: string): AggregateRule => rule(name, ["number", "number"], DOUBLE);
const ranking = (name: string, result: ResultType): AggregateRule => rule(name, [], result, { windowOnly: true });

export const AGGREGATES: AggregateRules = new Map<string, AggregateRule>([
  ["count", rule("count", ["any"], BIGINT, { minimum: 0 })],
  ["sum", rule("sum", ["number"], sum)],
  ["avg", rule("avg", ["number"], DOUBLE)],
  ["min", rule("min", ["any"], "first")],
  ["max", rule("max", ["any"], "first")],
  ["string_agg", rule("string_agg", ["text", "text"], TEXT)],
  ["array_agg", rule("list", ["any"], listOf)],
  ["bool_and", rule("bool_and", ["any"], BOOLEAN)],
  ["bool_or", rule("bool_or", ["any"], BOOLEAN)],
  ["every", rule("bool_and", ["any"], BOOLEAN)],
  ["bit_and", rule("bit_and", ["whole"], "first")],
  ["bit_or", rule("bit_or", ["whole"], "first")],
  ["bit_xor", rule("bit_xor", ["whole"], "first")],
  ["any_value", rule("any_value", ["any"], "first")],
  ["stddev", statistic("stddev_samp")],
  ["stddev_samp", statistic("stddev_samp")],
  ["stddev_pop", statistic("stddev_pop")],
  ["variance", statistic("var_samp")],
  ["var_samp", statistic("var_samp")],
  ["var_pop", statistic("var_pop")],
  ["median", statistic("median")],
  ["corr", pairwise("corr")],
  ["covar_pop", pairwise("covar_pop")],
  ["covar_samp", pairwise("covar_samp")],
  ["regr_slope", pairwise("regr_slope")],
  ["regr_intercept", pairwise("regr_intercept")],
  ["regr_count", rule("regr_count", ["number", "number"], BIGINT)],
  ["regr_r2", pairwise("regr_r2")],
  ["regr_avgx", pairwise("regr_avgx")],
  ["regr_avgy", pairwise("regr_avgy")],
  ["approx_distinct", rule("approx_count_distinct", ["any"], BIGINT)],
  ["json_agg", rule("json_group_array", ["any"], JSON_TYPE)],
  ["jsonb_agg", rule("json_group_array", ["any"], JSON_TYPE)],
  ["json_object_agg", rule("json_group_object", ["text", "any"], JSON_TYPE)],
  ["jsonb_object_agg", rule("json_group_object", ["text", "any"], JSON_TYPE)],
  ["percentile_cont", rule("percentile_cont", ["number"], DOUBLE, { ordered: true })],
  ["percentile_disc", rule("percentile_disc", ["number"], undefined, { ordered: true })],
  ["mode", rule("mode", [], undefined, { ordered: true })],
  ["row_number", ranking("row_number", BIGINT)],
  ["rank", ranking("rank", BIGINT)],
  ["dense_rank", ranking("dense_rank", BIGINT)],
  ["percent_rank", ranking("percent_rank", DOUBLE)],
  ["cume_dist", ranking("cume_dist", DOUBLE)],
  ["ntile", rule("ntile", ["whole"], INTEGER, { windowOnly: true })],
  ["lag", rule("lag", ["any", "whole", "any"], "first", { windowOnly: true, minimum: 1 })],
  ["lead", rule("lead", ["any", "whole", "any"], "first", { windowOnly: true, minimum: 1 })],
  ["first_value", rule("first_value", ["any"], "first", { windowOnly: true })],
  ["last_value", rule("last_value", ["any"], "first", { windowOnly: true })],
  ["nth_value", rule("nth_value", ["any", "whole"], "first", { windowOnly: true })],
]);
