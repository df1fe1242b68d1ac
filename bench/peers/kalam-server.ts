import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SqlClient } from "../../examples/chat/sql-client.ts";
import { freePort } from "../process/network.ts";
import type { Resources, Started } from "../process/resources.ts";

export interface ServerOptions {
  /** Arguments of `node` that start the `kalam` command. */
  readonly launcher: readonly string[];
  readonly dataDir: string;
  /** Where the command may keep credentials and settings: never the folder of whoever runs this. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** It can be asked for pauses of its event loop. */
  readonly probed?: boolean;
}

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What a user runs. */
export const BUILT_LAUNCHER = [inRepository("bin/run.js")];
/** The same from the sources, so that a test never meets an old build. */
export const SOURCE_LAUNCHER = [inRepository("bin/dev.js")];

const PROBE = pathToFileURL(inRepository("bench/process/event-loop-probe.js")).href;

export const ROOT_PASSWORD = "bench-Root-1";
const START_MILLIS = 30_000;
const POLL_MILLIS = 5;

/** `kalam serve` as a user starts it, in a process of its own, on a free port. */
export class KalamServer {
  readonly port: number;
  readonly started: Started;
  /** From the start of the process to the first good answer of `/health`. */
  readonly secondsToHealth: number;
  readonly #resources: Resources;

  constructor(resources: Resources, started: Started, port: number, secondsToHealth: number) {
    this.#resources = resources;
    this.started = started;
    this.port = port;
    this.secondsToHealth = secondsToHealth;
  }

  static async start(resources: Resources, options: ServerOptions): Promise<KalamServer> {
    const port = await freePort();
    const args = [...options.launcher, "serve", "--port", String(port), "--data-dir", options.dataDir];
    const begin = performance.now();
    const env = serverEnvironment(options);
    const started = options.probed
      ? resources.start(process.execPath, ["--import", PROBE, ...args], {
          env,
          stdio: ["ignore", "pipe", "pipe", "ipc"],
        })
      : resources.start(process.execPath, args, { env });
    await healthy(started, port);
    return new KalamServer(resources, started, port, (performance.now() - begin) / 1000);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.started.pid;
  }

  login(): Promise<SqlClient> {
    return SqlClient.login(this.url, "root", ROOT_PASSWORD);
  }

  /** Of a server that is probed: milliseconds that its event loop was held at most since this was asked last. */
  longestPause(): Promise<number> {
    const { child } = this.started;
    return new Promise((resolve) => {
      child.once("message", (message) => resolve((message as { longestPauseMillis: number }).longestPauseMillis));
      child.send("ask");
    });
  }

  stop(): Promise<void> {
    return this.#resources.stop(this.started);
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    this.started.child.kill("SIGKILL");
    await this.started.ended;
  }
}

/** What `kalam`, as server or as client, is run with: nothing of the caller's own profile, no rate limit in the way. */
export function serverEnvironment(options: Pick<ServerOptions, "home" | "env">): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOME: options.home,
    KALAMDB_CREDENTIALS_PATH: `${options.home}/credentials.toml`,
    KALAMDB_ROOT_PASSWORD: ROOT_PASSWORD,
    KALAMDB_RATE_LIMIT_MAX_QUERIES_PER_SEC: "10000000",
    KALAMDB_LOG_LEVEL: "warn",
    ...options.env,
  };
}

async function healthy(started: Started, port: number): Promise<void> {
  let over = false;
  void started.ended.then(() => {
    over = true;
  });
  for (const deadline = performance.now() + START_MILLIS; performance.now() < deadline; await sleep(POLL_MILLIS)) {
    if (over) throw new Error(`kalam serve ended while it started:\n${started.lastWords()}`);
    if ((await healthStatus(port)) === 200) return;
  }
  throw new Error(`kalam serve gave no answer on /health within ${START_MILLIS} ms:\n${started.lastWords()}`);
}

function healthStatus(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/health", agent: false }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode));
      response.once("error", () => resolve(undefined));
    });
    request.once("error", () => resolve(undefined));
  });
}
