import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";

export const DEFAULT_PORT = 8080;

/** What a connection string says. */
export interface Target {
  /** Scheme, host and port, without a slash at the end. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly namespace?: string;
}

const SCHEMES: Readonly<Record<string, string>> = {
  "kalam:": "http:",
  "kalams:": "https:",
  "http:": "http:",
  "https:": "https:",
};
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i;

/**
 * Reads `kalam://user@host:port/namespace`, `kalams://…` (over TLS), `http(s)://…`, or `host:port`.
 * @throws CliError (usage)
 */
export function parseTarget(text: string): Target {
  const trimmed = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1];
  const host = /^\[[^\]]*\]|^[^:/?#]*/.exec(trimmed)?.[0] ?? "";
  const full = scheme === undefined ? `${LOOPBACK.test(host) ? "http" : "https"}://${trimmed}` : trimmed;
  // The URL parser takes hosts apart only for schemes it knows.
  const given = `${(scheme ?? "http").toLowerCase()}:`;
  const actual = scheme === undefined ? undefined : SCHEMES[given];
  if (scheme !== undefined && actual === undefined)
    throw invalid(text, `the scheme ${scheme} is none of kalam, kalams, http, https`);
  const standard = actual === undefined ? full : full.replace(/^[^:]+:/, actual);
  if (!URL.canParse(standard)) throw invalid(text, "it is no URL");
  const url = new URL(standard);
  if (url.hostname === "") throw invalid(text, "the host is missing");
  if (url.search !== "" || url.hash !== "") throw invalid(text, "it may have no query and no fragment");
  const native = given === "kalam:" || given === "kalams:";
  if (native && url.port === "" && given === "kalam:") url.port = String(DEFAULT_PORT);
  const path = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, "");
  if (native && path.includes("/")) throw invalid(text, "a namespace has no slash");
  return {
    url: native || path === "" ? url.origin : `${url.origin}/${path}`,
    ...(url.username === "" ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    ...(native && path !== "" ? { namespace: path } : {}),
  };
}

/** The same server under all of its local names. */
export function sameServer(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

function canonical(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  const host = LOOPBACK.test(url.hostname) ? "localhost" : url.hostname;
  return `${url.protocol}//${host}:${url.port || (url.protocol === "https:" ? "443" : "80")}${url.pathname.replace(/\/+$/, "")}`;
}

function invalid(text: string, reason: string): CliError {
  const shown = text.replace(/\/\/[^/@]*@/, "//…@");
  return new CliError(
    `Cannot use '${shown}' as a connection: ${reason}`,
    EXIT.usage,
    "Write kalam://user@host:8080/namespace.",
  );
}
