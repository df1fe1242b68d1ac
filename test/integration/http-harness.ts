import { type Config, loadConfig } from "../../src/config/index.ts";
import type { Account, AccountStore } from "../../src/engine/auth/account.ts";
import { Accounts } from "../../src/engine/auth/accounts.ts";
import type { RequestContext, StatementExecutor, StatementResult } from "../../src/engine/request.ts";
import { KalamError } from "../../src/errors/index.ts";
import type { ManualClock } from "../../src/runtime/clock.ts";
import { createRuntime, type Runtime } from "../../src/runtime/runtime.ts";
import { Tokens } from "../../src/server/auth/tokens.ts";
import { HttpServer } from "../../src/server/http/http-server.ts";
import type { Log } from "../../src/server/log.ts";

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** A log that can be read again. */
export class KeptLog implements Log {
  readonly lines: LogLine[] = [];
  debug(fields: object, message: string): void {
    this.lines.push({ level: "debug", fields, message });
  }
  info(fields: object, message: string): void {
    this.lines.push({ level: "info", fields, message });
  }
  warn(fields: object, message: string): void {
    this.lines.push({ level: "warn", fields, message });
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: "error", fields, message });
  }
  isLevelEnabled(): boolean {
    return true;
  }
}

/** An executor whose answers are a table from the statement's text to a function. */
export class ScriptedExecutor implements StatementExecutor {
  readonly answers = new Map<string, (context: RequestContext) => unknown>();
  readonly seen: { sql: string; context: RequestContext }[] = [];

  async execute(sql: string, context: RequestContext): Promise<readonly StatementResult[]> {
    this.seen.push({ sql, context });
    const answer = this.answers.get(sql);
    if (answer === undefined) throw new KalamError("syntax_error", { message: `unknown: ${sql}` });
    return (await answer(context)) as readonly StatementResult[];
  }
}

class Store implements AccountStore {
  readonly accounts = new Map<string, Account>();
  async get(userId: string): Promise<Account | undefined> {
    return this.accounts.get(userId);
  }
  async put(account: Account, mustBeNew: boolean): Promise<void> {
    if (mustBeNew && this.accounts.has(account.userId)) throw new KalamError("user_exists", { user: account.userId });
    this.accounts.set(account.userId, account);
  }
}

export interface Harness {
  readonly url: string;
  readonly server: HttpServer;
  readonly executor: ScriptedExecutor;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly log: KeptLog;
  readonly runtime: Runtime;
  readonly config: Config;
  /** An `Authorization` header for an account, which is made when it is missing. */
  bearer(userId: string, role?: string): Promise<string>;
  sql(sql: string, options?: SqlOptions): Promise<{ status: number; text: string; body: Record<string, unknown> }>;
  close(): Promise<void>;
}

export interface SqlOptions {
  readonly as?: string | undefined;
  readonly params?: unknown;
  readonly headers?: Record<string, string>;
}

export const SECRET = "0123456789abcdef0123456789abcdef";

/** The real HTTP server over a scripted executor, on a port of the system's choice. */
export async function startHttp(environment: Record<string, string> = {}, clock?: ManualClock): Promise<Harness> {
  const { config } = loadConfig({ environment: { KALAMDB_SERVER_PORT: "0", ...environment } });
  const runtime = createRuntime(clock === undefined ? {} : { clock });
  const log = new KeptLog();
  const executor = new ScriptedExecutor();
  const accounts = new Accounts(new Store(), runtime, { enforcePasswordComplexity: false });
  const tokens = new Tokens(accounts, runtime, {
    secret: SECRET,
    expiryHours: config["auth.jwt_expiry_hours"],
    trustedIssuers: [],
    cacheEntries: 100,
  });
  const build = { version: "9.9.9", commit: "abc", buildDate: "2026-01-01T00:00:00.000Z" };
  const server = new HttpServer({ config, runtime, log, build });
  await server.start();
  const live = { subscribe: () => Promise.reject(new KalamError("shutting_down")) };
  server.attach({ executor, accounts, tokens, live });
  const { url } = server;

  const bearer = async (userId: string, role = "user"): Promise<string> => {
    if ((await accounts.find(userId)) === undefined) {
      await accounts.create(
        { userId: "root", role: "system" },
        {
          kind: "create_user",
          user: userId,
          ifNotExists: false,
          authentication: { type: "internal" },
          role,
          email: undefined,
        },
      );
    }
    const account = await accounts.find(userId);
    if (account === undefined) throw new Error("no account");
    return `Bearer ${(await tokens.issue(account)).accessToken}`;
  };

  return {
    url,
    server,
    executor,
    accounts,
    tokens,
    log,
    runtime,
    config,
    bearer,
    async sql(sql, options = {}) {
      const authorization = options.as ?? (await bearer("root", "system"));
      const response = await fetch(`${url}/v1/api/sql`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: authorization, ...options.headers },
        body: JSON.stringify({ sql, params: options.params }),
      });
      const text = await response.text();
      return { status: response.status, text, body: JSON.parse(text) as Record<string, unknown> };
    },
    async close() {
      await server.drain();
      await server.stop();
    },
  };
}
