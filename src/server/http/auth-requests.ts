import * as v from "valibot";
import type { SetupRequest } from "../../engine/auth/accounts.ts";
import { KalamError } from "../../errors/index.ts";

export interface LoginRequest {
  readonly user: string;
  readonly password: string;
}

const text = (field: string, bytes: number) =>
  v.pipe(
    v.string(`field \`${field}\` must be a string`),
    v.maxBytes(bytes, `field \`${field}\` is longer than ${bytes} bytes`),
  );

const login = v.strictObject({ user: text("user", 128), password: text("password", 256) });
const setup = v.strictObject({
  user: text("user", 128),
  password: text("password", 256),
  root_password: text("root_password", 256),
  email: v.nullish(text("email", 320)),
});

/** @throws KalamError `invalid_json` */
export function readLogin(body: string): LoginRequest {
  return check(login, body);
}

/** @throws KalamError `invalid_json` */
export function readSetup(body: string): SetupRequest {
  const { user, password, root_password: rootPassword, email } = check(setup, body);
  return { user, password, rootPassword, email: email ?? null };
}

function check<T>(schema: v.GenericSchema<unknown, T>, body: string): T {
  const result = v.safeParse(schema, withUser(parse(body)));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new KalamError("invalid_json", { reason: explain(issue) });
}

function explain(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue);
  if (issue.type !== "strict_object") return issue.message;
  if (issue.expected === "never") return `unknown field \`${field}\``;
  return field === null ? "expected an object" : `missing field \`${field}\``;
}

/** `username` is another name for `user`. */
function withUser(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("username" in value) || "user" in value) return value;
  const { username, ...rest } = value;
  return { ...rest, user: username };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    // The parser's own words would repeat the body, and with it the password.
    throw new KalamError("invalid_json", { reason: "the body is not valid JSON" }, { cause: error });
  }
}
