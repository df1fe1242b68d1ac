import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const KALAM = fileURLToPath(new URL("../../bin/dev.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KalamOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Closes the program's standard output after so many characters. */
  readonly readOnly?: number;
  /** Called when the process has been started. */
  readonly onStart?: (interrupt: () => void) => void;
}

/** Runs the real command in a process of its own, with none of the caller's KALAM settings. */
export function kalam(args: readonly string[], options: KalamOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(KALAM|FORCE_COLOR|NO_COLOR)/.test(name)),
    );
    const child = spawn(process.execPath, [KALAM, ...args], { env: { ...inherited, ...options.env } });
    const interrupt = () => void child.kill("SIGINT");
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      if (options.readOnly !== undefined && stdout.length >= options.readOnly) child.stdout.destroy();
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    options.onStart?.(interrupt);
  });
}
