import { isUtf8 } from "node:buffer";
import type { Parameter } from "../../engine/request.ts";
import { StatementFailure } from "../../engine/statement-failure.ts";
import { KalamError } from "../../errors/index.ts";
import { parseLossless, WholeNumber } from "./lossless-json.ts";

export interface CheckedRequest {
  readonly sql: string;
  readonly params: readonly Parameter[] | undefined;
  readonly namespace: string | undefined;
}

export interface ParameterLimits {
  readonly count: number;
  readonly bytes: number;
}

/**
 * Reads the body of `POST /v1/api/sql`.
 *
 * @throws KalamError `invalid_json` or `invalid_parameter`
 * @throws StatementFailure with `too_many_parameters` or `parameter_too_large`: clients know these as errors of statement 1
 */
export function readSqlRequest(body: Buffer, limits: ParameterLimits): CheckedRequest {
  if (!isUtf8(body)) throw new KalamError("invalid_json", { reason: "the body is not valid UTF-8" });
  const text = body.toString("utf8");
  const parsed = parseJson(text);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new KalamError("invalid_json", { reason: "expected an object" });
  }
  const { sql, params, namespace_id: namespace } = parsed as Record<string, unknown>;
  if (sql === undefined) throw new KalamError("invalid_json", { reason: "missing field `sql`" });
  if (typeof sql !== "string") throw new KalamError("invalid_json", { reason: "field `sql` must be a string" });
  if (namespace !== undefined && namespace !== null && typeof namespace !== "string") {
    throw new KalamError("invalid_json", { reason: "field `namespace_id` must be a string" });
  }
  const escaped = text.includes("\\u");
  if (escaped) requireWellFormed(sql, "field `sql`");
  return {
    sql,
    params: params === undefined || params === null ? undefined : checkParameters(params, sql, limits, escaped),
    namespace: namespace === null || namespace === "" ? undefined : namespace,
  };
}

function parseJson(text: string): unknown {
  try {
    return parseLossless(text);
  } catch (error) {
    const reason = text.trim() === "" ? "the body is empty" : error instanceof Error ? error.message : String(error);
    throw new KalamError("invalid_json", { reason }, { cause: error });
  }
}

/**
 * The values of `$1`, `$2` … of a message.
 *
 * @param escaped whether the text that they were read from can hold half of a surrogate pair
 * @throws KalamError `invalid_parameter` and those of `readSqlRequest`
 */
export function checkParameters(
  params: unknown,
  sql: string,
  limits: ParameterLimits,
  escaped: boolean,
): readonly Parameter[] {
  if (!Array.isArray(params)) throw new KalamError("invalid_json", { reason: "field `params` must be an array" });
  if (params.length > limits.count) {
    const error = new KalamError("too_many_parameters", { maximum: limits.count, count: params.length });
    throw new StatementFailure(error, 1, sql);
  }
  return params.map((value: unknown, i) => {
    if (typeof value === "string") requireSmall(value, i + 1, sql, limits.bytes);
    return checkParameter(value, i + 1, escaped);
  });
}

function requireSmall(value: string, number: number, sql: string, maximum: number): void {
  if (value.length * 3 <= maximum) return;
  const bytes = Buffer.byteLength(value);
  if (bytes <= maximum) return;
  throw new StatementFailure(new KalamError("parameter_too_large", { number, bytes, maximum }), 1, sql);
}

function checkParameter(value: unknown, number: number, escaped: boolean): Parameter {
  switch (typeof value) {
    case "string":
      if (escaped) requireWellFormed(value, `parameter $${number}`);
      return value;
    case "boolean":
    case "bigint":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw new KalamError("invalid_parameter", { number, reason: "the number is too large for a double" });
  }
  if (value === null) return null;
  if (value instanceof WholeNumber) return value.value;
  const reason = Array.isArray(value) ? "Array parameters not yet supported" : "Object parameters not yet supported";
  throw new KalamError("invalid_parameter", { number, reason });
}

/** `\ud800` alone is no character and could not be kept. */
function requireWellFormed(text: string, where: string): void {
  if (/\p{Surrogate}/u.test(text)) {
    throw new KalamError("invalid_json", { reason: `${where} holds half of a surrogate pair` });
  }
}
