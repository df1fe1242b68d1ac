import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Child {
  readonly process: ChildProcess;
  /** Whole lines of its standard output, as they come. */
  readonly lines: AsyncIterable<string>;
  /** Resolves with the exit code, or the signal that ended it, and what it wrote to standard error. */
  readonly ended: Promise<{ code: number | string; errors: string }>;
}

/** Starts a file of the tests, or a bundle of it, as a process of its own. `wrap` is a command that starts it in turn. */
export function startChild(file: string, args: readonly string[], wrap: readonly string[] = []): Child {
  const compile = file.endsWith(".ts") ? ["--import", "tsx"] : [];
  const [command = "", ...rest] = [...wrap, process.execPath, ...compile, file, ...args];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = new Promise<{ code: number | string; errors: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code: code ?? signal ?? "", errors }));
  });
  return { process: child, lines: createInterface({ input: child.stdout }), ended };
}
