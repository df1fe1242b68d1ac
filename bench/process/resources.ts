import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const LAST_WORDS_BYTES = 8 * 1024;
const PATIENCE_MILLIS = 15_000;

/** A process that we started, with the end of what it printed. */
export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
  /** What it wrote last, for error messages. */
  lastWords(): string;
}

/**
 * Everything that a run starts or writes: processes and folders. All of it goes away with `close()`, and, should the
 * run end in any other way than by SIGKILL, when this process exits.
 */
export class Resources {
  readonly #processes = new Map<Started, NodeJS.Signals>();
  readonly #folders: string[] = [];
  readonly #atExit = (): void => {
    for (const { child } of this.#processes.keys()) child.kill("SIGKILL");
    this.#removeFolders();
  };

  constructor() {
    process.once("exit", this.#atExit);
  }

  /** @param stopSignal the polite way to end it. */
  start(
    command: string,
    args: readonly string[],
    options: SpawnOptions,
    stopSignal: NodeJS.Signals = "SIGTERM",
  ): Started {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let words = "";
    const listen = (chunk: Buffer): void => {
      words = (words + chunk.toString("utf8")).slice(-LAST_WORDS_BYTES);
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    let started: Started;
    const ended = new Promise<void>((resolve) => {
      child.once("error", (error) => {
        words += error.message;
        resolve();
      });
      child.once("exit", () => resolve());
    }).then(() => {
      this.#processes.delete(started);
    });
    started = { child, pid: child.pid ?? -1, ended, lastWords: () => words.trim() };
    this.#processes.set(started, stopSignal);
    return started;
  }

  /** Ends it politely, and by force if it does not listen. */
  async stop(started: Started): Promise<void> {
    const signal = this.#processes.get(started);
    if (signal === undefined) return;
    started.child.kill(signal);
    const patience = new AbortController();
    const inTime = await Promise.race([
      started.ended.then(() => true),
      sleep(PATIENCE_MILLIS, false, { signal: patience.signal }).catch(() => true),
    ]);
    patience.abort();
    if (!inTime) {
      started.child.kill("SIGKILL");
      await started.ended;
    }
  }

  /** A new folder that everybody may look into (PostgreSQL runs as another user). */
  async folder(base: string, prefix: string): Promise<string> {
    const path = await mkdtemp(join(base, prefix));
    this.#folders.push(path);
    await chmod(path, 0o755);
    return path;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((started) => this.stop(started)));
    this.#removeFolders();
    process.off("exit", this.#atExit);
  }

  #removeFolders(): void {
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}
