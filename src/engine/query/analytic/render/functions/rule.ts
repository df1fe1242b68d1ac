import { KalamError } from "../../../../../errors/index.ts";
import type { ResultType } from "../../../../types/column-type.ts";
import { postgresTypeName } from "../../../../types/type-display.ts";
import { BIGINT, type Bound, DOUBLE, decide, isNumeric, isTemporal, isUnknown, isWhole, TEXT } from "../bound.ts";
import type { Env } from "../env.ts";
import { asJson } from "./json-paths.ts";

/** A call whose arguments have been rendered. */
export interface Call {
  readonly name: string;
  readonly args: readonly Bound[];
  readonly position: number;
  readonly env: Env;
}

/** How one function of PostgreSQL is said in DuckDB. */
export interface Rule {
  readonly minimum: number;
  readonly maximum: number;
  render(call: Call): Bound;
}

/** What an argument must be; undecided inputs become it. */
export type Param = "text" | "number" | "whole" | "moment" | "json" | "any";

export type Result = ResultType | "first" | undefined;

/** An allow-list: PostgreSQL's names to rules. A Map, so that `constructor` is no function. */
export type Rules = ReadonlyMap<string, Rule>;

/** `name(args)` in both, under DuckDB's name. */
export function direct(duckName: string, params: readonly Param[], result: Result, minimum = params.length): Rule {
  return {
    minimum,
    maximum: params.length,
    render(call) {
      const args = accept(call, params);
      return typed(`${duckName}(${args.map((arg) => arg.sql).join(", ")})`, result, args);
    },
  };
}

/** A rule with a text of its own. */
export function custom(
  params: readonly Param[],
  result: Result,
  render: (args: readonly string[], call: Call, bounds: readonly Bound[]) => string,
  minimum = params.length,
): Rule {
  return {
    minimum,
    maximum: params.length,
    render(call) {
      const args = accept(call, params);
      const sql = render(
        args.map((arg) => arg.sql),
        call,
        args,
      );
      return typed(sql, result, args);
    },
  };
}

/** Counts and positions are integers in PostgreSQL, and wider in DuckDB. */
function typed(sql: string, result: Result, args: readonly Bound[]): Bound {
  if (result === "first") return { sql, type: args[0]?.type };
  return { sql: result?.kind === "integer" ? `CAST(${sql} AS INTEGER)` : sql, type: result };
}

export function accept(call: Call, params: readonly Param[]): Bound[] {
  return call.args.map((arg, index) => {
    const param = params[index] ?? params.at(-1) ?? "any";
    if (!fits(arg, param)) throw noFunction(call);
    return settle(arg, param);
  });
}

function fits(arg: Bound, param: Param): boolean {
  if (arg.type === undefined || isUnknown(arg)) return true;
  switch (param) {
    case "text":
      return arg.type.kind === "text" || arg.type.kind === "file" || typeof arg.input?.value === "number";
    case "number":
      return isNumeric(arg.type) || arg.type.kind === "interval";
    case "whole":
      return isWhole(arg.type) || arg.type.kind === "decimal";
    case "moment":
      return isTemporal(arg.type) || arg.type.kind === "interval" || arg.type.kind === "time";
    case "json":
      return ["json", "text", "file"].includes(arg.type.kind);
    case "any":
      return true;
  }
}

function settle(arg: Bound, param: Param): Bound {
  switch (param) {
    case "text":
      return decide(arg, TEXT);
    case "number":
      return isUnknown(arg) ? decide(arg, DOUBLE) : arg;
    case "whole":
      return isUnknown(arg) ? decide(arg, BIGINT) : arg;
    case "moment":
      return isUnknown(arg) ? decide(arg, { kind: "timestamptz" }) : arg;
    case "json":
      return asJson(arg);
    case "any":
      return isUnknown(arg) ? decide(arg, TEXT) : arg;
  }
}

/** PostgreSQL's `function lower(integer) does not exist`. */
export function noFunction(call: { name: string; args: readonly Bound[]; position: number }): KalamError {
  const types = call.args.map((arg) => postgresTypeName(arg.type ?? { kind: "unknown" })).join(", ");
  return new KalamError("function_not_allowed", { name: `${call.name}(${types})` }, { position: call.position });
}
