import { loadConfig } from "../../src/config/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { ManualClock } from "../../src/runtime/clock.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { Tokens } from "../../src/server/auth/tokens.ts";
import { engineSettings } from "../../src/server/engine-settings.ts";
import { HttpServer } from "../../src/server/http/http-server.ts";
import { KeptLog, SECRET } from "../integration/http-harness.ts";
import { LiveClient, type LiveClientOptions } from "./live-client.ts";

export interface LiveServerHarness {
  readonly url: string;
  /** `ws://…/v1/ws` */
  readonly liveUrl: string;
  readonly engine: Engine;
  readonly server: HttpServer;
  readonly tokens: Tokens;
  readonly log: KeptLog;
  /** Statements of `root`, or of the account named, which is made when it is missing. */
  run(sql: string, as?: string): Promise<void>;
  /** An access token. */
  token(user?: string): Promise<string>;
  /** A client that has authenticated. */
  connect(user?: string, options?: LiveClientOptions): Promise<LiveClient>;
  /** A client that has not. */
  dial(options?: LiveClientOptions): Promise<LiveClient>;
}

/** Runs a test on the real HTTP server over a real engine, on a port of the system's choice. */
export async function withLiveServer(
  environment: Record<string, string>,
  test: (harness: LiveServerHarness) => Promise<void>,
  clock?: ManualClock,
): Promise<void> {
  const { config } = loadConfig({
    environment: { KALAMDB_SERVER_PORT: "0", KALAMDB_HOT_STORE_DRIVER: "memory", ...environment },
  });
  const runtime = createRuntime(clock === undefined ? {} : { clock });
  const engine = await Engine.open(engineSettings(config), { runtime });
  const log = new KeptLog();
  const server = new HttpServer({
    config,
    runtime,
    log,
    build: { version: "9.9.9", commit: undefined, buildDate: "" },
  });
  const tokens = new Tokens(engine.accounts, runtime, {
    secret: SECRET,
    expiryHours: 1,
    trustedIssuers: [],
    cacheEntries: 100,
  });
  await server.start();
  server.attach({ executor: engine, accounts: engine.accounts, tokens, live: engine.live });
  const liveUrl = `${server.url.replace("http", "ws")}/v1/ws`;
  const clients: LiveClient[] = [];

  const account = async (user: string) => {
    const known = await engine.accounts.find(user);
    if (known !== undefined) return known;
    await run(`CREATE USER '${user}' WITH PASSWORD 'p4ssword-${user}' ROLE user`);
    const made = await engine.accounts.find(user);
    if (made === undefined) throw new Error(`no account ${user}`);
    return made;
  };
  const run = async (sql: string, as = "root"): Promise<void> => {
    const role = as === "root" ? "system" : (await account(as)).role;
    await engine.execute(sql, { principal: { userId: as, role } });
  };
  const token = async (user = "root"): Promise<string> => (await tokens.issue(await account(user))).accessToken;
  const dial = async (options: LiveClientOptions = {}): Promise<LiveClient> => {
    const client = await LiveClient.open(liveUrl, options);
    clients.push(client);
    return client;
  };
  const connect = async (user = "root", options: LiveClientOptions = {}): Promise<LiveClient> => {
    const client = await dial(options);
    await client.authenticate(await token(user), options.protocol);
    return client;
  };
  try {
    await test({ url: server.url, liveUrl, engine, server, tokens, log, run, token, dial, connect });
  } finally {
    for (const client of clients) client.ws.terminate();
    await server.drain();
    await server.stop();
    await engine.close();
  }
}
