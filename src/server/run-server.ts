import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Config, loadConfig, type SettingKey } from "../config/index.ts";
import { toKalamError } from "../errors/index.ts";
import { KalamServer, type ServerOptions } from "./server.ts";

const DEFAULT_FILE = "server.toml";
const INTERRUPTED = 130;
const FLAG_NAMES: Readonly<Partial<Record<SettingKey, string>>> = {
  "server.host": "--host",
  "server.port": "--port",
  "storage.data_path": "--data-dir",
  "hot_store.driver": "--driver",
};

export interface RunOptions {
  readonly file: string | undefined;
  readonly flags: Readonly<Partial<Record<SettingKey, string | undefined>>>;
  readonly resetRootPassword: boolean;
  /** Kinds of jobs beside those of the engine. */
  readonly jobKinds?: ServerOptions["jobKinds"];
  /** Keeps the password made for `root` for this machine's own commands. @returns where it is kept. */
  savePassword(credentials: { serverUrl: string; user: string; password: string }): Promise<string>;
}

/** Why the server did not start. */
export interface StartFailure {
  readonly message: string;
  readonly remedy: string;
  /** The configuration is to blame, not the machine. */
  readonly usage: boolean;
}

/** Runs the server until a signal ends it. @returns why it could not start, or undefined when it ran. */
export async function runServer(options: RunOptions): Promise<StartFailure | undefined> {
  let server: KalamServer;
  let config: Config;
  try {
    const loaded = loadConfig({
      file: options.file ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined),
      environment: process.env,
      flags: givenFlags(options.flags),
    });
    config = loaded.config;
    const { resetRootPassword, jobKinds = [] } = options;
    server = new KalamServer(loaded, { resetRootPassword, jobKinds });
    await server.start();
  } catch (error) {
    const { key, message, hint } = toKalamError(error);
    return { message, remedy: hint, usage: key === "config_invalid" };
  }
  const ended = untilSignal(server);
  await greet(server, config, options);
  await ended;
  return undefined;
}

function givenFlags(flags: RunOptions["flags"]): Partial<Record<SettingKey, { flag: string; value: string }>> {
  const given: Partial<Record<SettingKey, { flag: string; value: string }>> = {};
  for (const [key, value] of Object.entries(flags) as [SettingKey, string | undefined][]) {
    if (value !== undefined) given[key] = { flag: FLAG_NAMES[key] ?? key, value };
  }
  return given;
}

/**
 * The first signal lets running requests and jobs finish and closes the data. A second one ends the process: jobs that run are
 * marked as failed first. A third one does not even wait for that.
 */
async function untilSignal(server: KalamServer): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await new Promise<void>((stop) => {
    let signals = 0;
    const onSignal = (): void => {
      signals++;
      if (signals === 1) stop();
      else if (signals === 2) void endAtOnce(server);
      else process.exit(INTERRUPTED);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
  say("Stopping: running requests and jobs may finish. Press Ctrl-C again to end at once.");
  await server.drain(say);
  await server.stop();
}

async function endAtOnce(server: KalamServer): Promise<void> {
  try {
    await server.abandon();
  } finally {
    process.exit(INTERRUPTED);
  }
}

async function greet(server: KalamServer, config: Config, options: RunOptions): Promise<void> {
  const { version, commit } = server.build;
  const memory = config["hot_store.driver"] === "memory";
  const where = memory ? "in memory: nothing is kept" : resolve(config["storage.data_path"]);
  const lines = [
    `KalamDB ${version}${commit === undefined ? "" : ` (${commit})`}`,
    `Listening on ${server.url}`,
    `Data: ${where} (${config["hot_store.driver"]})`,
  ];
  const { reset, generated } = server.rootPassword ?? {};
  if (generated !== undefined) {
    const what = reset === true ? "The new password of root is" : "First start: the password of root is";
    lines.push("", `${what}  ${generated}`, "It is not shown again.");
    lines.push(await keep(server, generated, options));
  } else if (reset === true)
    lines.push("", "The password of root is now the one of KALAMDB_ROOT_PASSWORD (auth.root_password).");
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** A server that cannot keep the password still runs: it has been shown. */
async function keep(server: KalamServer, password: string, options: RunOptions): Promise<string> {
  try {
    const path = await options.savePassword({ serverUrl: server.url, user: "root", password });
    return `Kept in ${path}, so that 'kalam sql' on this machine connects by itself.`;
  } catch (error) {
    return `It could not be kept for this machine's own commands: ${error instanceof Error ? error.message : String(error)}`;
  }
}
