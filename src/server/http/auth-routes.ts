import type { Context } from "hono";
import type { Account } from "../../engine/auth/account.ts";
import { isAdmin } from "../../engine/auth/roles.ts";
import { KalamError } from "../../errors/index.ts";
import type { LoginResponse, MeResponse, SetupResponse, SetupStatus, UserInfo } from "../../protocol/auth.ts";
import { bearerToken } from "../auth/tokens.ts";
import { TokenBuckets } from "../limits/token-buckets.ts";
import { isLoopback } from "./addresses.ts";
import { readLogin, readSetup } from "./auth-requests.ts";
import { ACCESS_COOKIE, REFRESH_COOKIE, readCookie, writeCookie } from "./cookies.ts";
import { readBody } from "./request-body.ts";
import type { RouteApp, RouteEnvironment } from "./route-app.ts";
import type { Backend, ServerContext } from "./server-context.ts";

const NEEDS_SETUP =
  "Server requires initial setup. Call POST /v1/api/auth/setup with user, password, root_password, and optional email.";
const READY = "Server is configured and ready.";

/** The bodies of these routes are small. */
const MAX_BODY_BYTES = 64 * 1024;

/** `/v1/api/auth/…`: getting, renewing and giving up tokens, and the first-run setup. */
export class AuthRoutes {
  readonly #context: ServerContext;
  readonly #backend: Backend;
  readonly #attempts: TokenBuckets;

  constructor(context: ServerContext, backend: Backend) {
    this.#context = context;
    this.#backend = backend;
    this.#attempts = new TokenBuckets(
      context.runtime.clock,
      context.config["rate_limit.max_auth_requests_per_ip_per_sec"],
    );
  }

  register(app: RouteApp): void {
    app.post("/v1/api/auth/login", (c) => this.#login(c));
    app.post("/v1/api/auth/refresh", (c) => this.#refresh(c));
    app.post("/v1/api/auth/logout", (c) => this.#logout(c));
    app.get("/v1/api/auth/me", (c) => this.#me(c));
    app.get("/v1/api/auth/status", (c) => this.#status(c));
    app.post("/v1/api/auth/setup", (c) => this.#setup(c));
  }

  async #login(c: Context<RouteEnvironment>): Promise<Response> {
    this.#takeAttempt(c);
    const { user, password } = readLogin(await readText(c));
    const account = await this.#backend.accounts.verifyPassword(user, password);
    if (isAdmin(account.role))
      this.#context.log.info({ user: account.userId, role: account.role }, "administrator logged in");
    return this.#tokens(c, account);
  }

  async #refresh(c: Context<RouteEnvironment>): Promise<Response> {
    this.#takeAttempt(c);
    const { tokens } = this.#backend;
    const { account } = await tokens.verify(this.#token(c, REFRESH_COOKIE, true), "refresh");
    return this.#tokens(c, account);
  }

  async #logout(c: Context<RouteEnvironment>): Promise<Response> {
    const secure = this.#secureCookies(c);
    c.header("Set-Cookie", writeCookie(ACCESS_COOKIE, "", 0, secure), { append: true });
    c.header("Set-Cookie", writeCookie(REFRESH_COOKIE, "", 0, secure), { append: true });
    return c.json({ message: "Logged out successfully" });
  }

  async #me(c: Context<RouteEnvironment>): Promise<Response> {
    const { account } = await this.#backend.tokens.verify(this.#token(c, ACCESS_COOKIE, false), "access");
    const body: MeResponse = { user: userInfo(account), admin_ui_access: isAdmin(account.role) };
    return c.json(body);
  }

  async #status(c: Context<RouteEnvironment>): Promise<Response> {
    this.#requireLocal(c, "Setup status can only be checked from localhost");
    const needsSetup = await this.#backend.accounts.needsSetup();
    const body: SetupStatus = { needs_setup: needsSetup, message: needsSetup ? NEEDS_SETUP : READY };
    return c.json(body);
  }

  async #setup(c: Context<RouteEnvironment>): Promise<Response> {
    this.#requireLocal(c, "Server setup can only be performed from localhost");
    this.#takeAttempt(c);
    const account = await this.#backend.accounts.setup(readSetup(await readText(c)));
    const body: SetupResponse = {
      user: userInfo(account),
      message: `Server setup complete. Root password configured and DBA user '${account.userId}' created. Please login to continue.`,
    };
    return c.json(body);
  }

  async #tokens(c: Context<RouteEnvironment>, account: Account): Promise<Response> {
    const issued = await this.#backend.tokens.issue(account);
    const secure = this.#secureCookies(c);
    c.header("Set-Cookie", writeCookie(ACCESS_COOKIE, issued.accessToken, issued.accessExpires, secure), {
      append: true,
    });
    c.header("Set-Cookie", writeCookie(REFRESH_COOKIE, issued.refreshToken, issued.refreshExpires, secure), {
      append: true,
    });
    const body: LoginResponse = {
      user: userInfo(account),
      admin_ui_access: isAdmin(account.role),
      expires_at: rfc3339(BigInt(issued.accessExpires) * 1000n),
      access_token: issued.accessToken,
      refresh_token: issued.refreshToken,
      refresh_expires_at: rfc3339(BigInt(issued.refreshExpires) * 1000n),
    };
    return c.json(body);
  }

  #token(c: Context<RouteEnvironment>, cookie: string, cookieFirst: boolean): string {
    const fromCookie = readCookie(c.req.header("Cookie"), cookie);
    const header = c.req.header("Authorization");
    if (fromCookie !== undefined && (cookieFirst || header === undefined)) return fromCookie;
    if (header !== undefined) return bearerToken(header);
    throw new KalamError("missing_authorization");
  }

  #takeAttempt(c: Context<RouteEnvironment>): void {
    if (!this.#attempts.take(this.#context.addresses.of(c.env.incoming))) throw new KalamError("auth_rate_limited");
  }

  #requireLocal(c: Context<RouteEnvironment>, reason: string): void {
    if (this.#context.config["auth.allow_remote_setup"]) return;
    if (!isLoopback(this.#context.addresses.of(c.env.incoming))) throw new KalamError("auth_forbidden", { reason });
  }

  #secureCookies(c: Context<RouteEnvironment>): boolean {
    const { config, addresses } = this.#context;
    return config["auth.cookie_secure"] && addresses.isSecure(c.env.incoming);
  }
}

/** From the request itself: its length may not be announced. */
async function readText(c: Context<RouteEnvironment>): Promise<string> {
  return (await readBody(c.env.incoming, MAX_BODY_BYTES)).toString("utf8");
}

function userInfo(account: Account): UserInfo {
  return {
    id: account.userId,
    role: account.role,
    email: account.email,
    created_at: rfc3339(account.createdAt),
    updated_at: rfc3339(account.updatedAt),
  };
}

/** Microseconds since 1970 as `2026-01-31T12:00:00.000001+00:00`; the fraction only where there is one. */
function rfc3339(micros: bigint): string {
  const seconds = new Date(Number(micros / 1000n)).toISOString().slice(0, 19);
  const fraction = micros % 1_000_000n;
  return fraction === 0n ? `${seconds}+00:00` : `${seconds}.${String(fraction).padStart(6, "0")}+00:00`;
}
