import { ConnectionError } from "./errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "the host name is unknown",
  EAI_AGAIN: "the host name cannot be resolved now",
  ECONNRESET: "the connection was closed",
  UND_ERR_SOCKET: "the connection was closed",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
};

/** The error for a server that was not reached, with a reason for people. */
export function connectionFailure(url: string, error: unknown): ConnectionError {
  const reason = reasonOf(error);
  return new ConnectionError(url, reason.text, reason.code, error);
}

/** `fetch` hides the reason in the cause, and behind it in the first of several attempts. */
function reasonOf(error: unknown): { text: string; code: string | undefined } {
  let inner: unknown = error;
  for (let depth = 0; depth < 4; depth++) {
    const code = (inner as { code?: unknown } | undefined)?.code;
    if (typeof code === "string") return { text: REASONS[code] ?? `${messageOf(inner)} (${code})`, code };
    const next =
      (inner as { cause?: unknown } | undefined)?.cause ?? (inner as { errors?: unknown[] } | undefined)?.errors?.[0];
    if (next === undefined) break;
    inner = next;
  }
  return { text: messageOf(inner), code: undefined };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
