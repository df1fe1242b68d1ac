import { isAdmin, type Principal } from "../../engine/auth/roles.ts";
import { locate } from "../../engine/sql/positions.ts";
import { StatementFailure } from "../../engine/statement-failure.ts";
import { type KalamError, toKalamError } from "../../errors/index.ts";
import type { SqlError } from "../../protocol/sql.ts";

/** A failed SQL request as its caller may see it. */
export interface SqlFailure {
  readonly status: number;
  readonly error: SqlError;
  /** What was thrown, for the log; set when the server is to blame. */
  readonly fault: KalamError | undefined;
}

/**
 * Tells a caller why his request failed, with the place in the text that he sent. What went wrong inside the server itself is
 * for administrators and the log.
 */
export function describeFailure(
  thrown: unknown,
  sql: string,
  principal: Principal | undefined,
  requestId: string,
): SqlFailure {
  const failure = thrown instanceof StatementFailure ? thrown : undefined;
  const error = failure?.error ?? toKalamError(thrown);
  const { code, status, sqlstate } = error.definition;
  const admin = principal !== undefined && isAdmin(principal.role);
  const internal = error.key === "internal";
  const prefix = failure !== undefined && failure.statement > 0 ? `Statement ${failure.statement} failed: ` : "";
  const message = internal && !admin ? "Internal error" : error.message;
  const offset = failure === undefined ? error.position : failure.position;
  const place = offset === undefined || sql === "" ? undefined : locate(sql, offset);
  return {
    status,
    fault: status >= 500 ? error : undefined,
    error: {
      code,
      message: prefix + message,
      ...(admin && failure !== undefined && failure.text !== "" ? { details: failure.text } : {}),
      sqlstate,
      hint: internal ? `${error.hint} Request id: ${requestId}` : error.hint,
      ...(place === undefined || offset === undefined
        ? {}
        : { position: { offset, line: place.line, column: place.column }, excerpt: place.excerpt }),
    },
  };
}

/** Failures of authentication have their fields in another order than those of statements. */
export function authenticationBody(error: KalamError, took: string): string {
  const { code } = error.definition;
  return `{"status":"error","error":${JSON.stringify({ code, message: error.message })},"results":[]${tookField(took)}}`;
}

export function failureBody(error: SqlError, took: string): string {
  return `{"status":"error","results":[]${tookField(took)},"error":${JSON.stringify(error)}}`;
}

/** @param took empty when it is not to be reported. */
export function tookField(took: string): string {
  return took === "" ? "" : `,"took":${took}`;
}
