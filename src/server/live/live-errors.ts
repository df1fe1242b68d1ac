import { isAdmin, type Role } from "../../engine/auth/roles.ts";
import { StatementFailure } from "../../engine/statement-failure.ts";
import { type KalamError, toKalamError } from "../../errors/index.ts";
import type { LiveErrorMessage } from "../../protocol/live.ts";

/** Codes that clients know for what SQL has SQLSTATEs for. */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/^42501$/, "UNAUTHORIZED"],
  [/^(42P01|42704|3F000)$/, "NOT_FOUND"],
  [/^0A000$/, "UNSUPPORTED"],
  [/^42/, "INVALID_SQL"],
  [/^22/, "CONVERSION_ERROR"],
];
/** Codes of the registry that say nothing about the subscription itself. */
const GENERAL: ReadonlySet<string> = new Set([
  "SQL_EXECUTION_ERROR",
  "PERMISSION_DENIED",
  "NOT_FOUND",
  "INVALID_INPUT",
]);
const OTHER = "SUBSCRIPTION_FAILED";

/** What its client is told about a subscription that failed, and what was thrown, where the server is to blame. */
export function describeLiveFailure(
  thrown: unknown,
  subscriptionId: string,
  role: Role | undefined,
): { readonly message: LiveErrorMessage; readonly fault: KalamError | undefined } {
  const error = thrown instanceof StatementFailure ? thrown.error : toKalamError(thrown);
  const { status } = error.definition;
  const hidden = error.key === "internal" && (role === undefined || !isAdmin(role));
  return {
    message: {
      type: "error",
      subscription_id: subscriptionId,
      code: liveCode(error),
      message: hidden ? "Internal error" : error.message,
    },
    fault: status >= 500 ? error : undefined,
  };
}

function liveCode(error: KalamError): string {
  const { code, sqlstate } = error.definition;
  if (!GENERAL.has(code)) return code === "INTERNAL_ERROR" ? OTHER : code;
  return CODES.find(([pattern]) => pattern.test(sqlstate))?.[1] ?? OTHER;
}
