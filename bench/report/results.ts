import { execFile } from "node:child_process";
import { arch, cpus, loadavg, release, totalmem } from "node:os";
import { promisify } from "node:util";
import type { Measurement } from "./measurement.ts";

const run = promisify(execFile);

export interface Results {
  readonly date: string;
  readonly commit: string;
  readonly machine: {
    readonly cores: number;
    readonly processor: string;
    readonly memoryGiB: number;
    readonly kernel: string;
    /** What else ran when the measurements began: processes waiting for a core, over one minute. */
    readonly loadAverage: number;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly seconds: number;
  readonly measurements: readonly Measurement[];
}

export async function describeRun(
  options: { readonly rounds: number; readonly seconds: number },
  peers: Readonly<Record<string, string>>,
): Promise<Omit<Results, "measurements">> {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    commit: await commit(),
    machine: {
      cores: cpus().length,
      processor: `${first?.model.trim() ?? "unknown"} (${arch()})`,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    },
    versions: { node: process.version, ...peers },
    rounds: options.rounds,
    seconds: options.seconds,
  };
}

/** The commit that was measured; `+` says that the files differed from it. */
async function commit(): Promise<string> {
  const cwd = import.meta.dirname;
  try {
    const head = await run("git", ["rev-parse", "--short", "HEAD"], { cwd });
    const changes = await run(
      "git",
      ["status", "--porcelain", "--untracked-files=no", "--", "../../src", "../../bin"],
      { cwd },
    );
    return head.stdout.trim() + (changes.stdout === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}
