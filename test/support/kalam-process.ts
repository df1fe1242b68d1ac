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
  /** Called when the process has been started. Interrupting it again does nothing. */
  readonly onStart?: (interrupt: () => void) => void;
  /** Called with all that it has written so far. */
  readonly onOutput?: (text: string) => void;
  readonly onErrors?: (text: string) => void;
}

/** Runs the real command in a process of its own, with none of the caller's KALAM settings. */
export function kalam(args: readonly string[], options: KalamOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(KALAM|FORCE_COLOR|NO_COLOR)/.test(name)),
    );
    const child = spawn(process.execPath, [KALAM, ...args], { env: { ...inherited, ...options.env } });
    let interrupted = false;
    const interrupt = () => {
      if (!interrupted) child.kill("SIGINT");
      interrupted = true;
    };
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      options.onOutput?.(stdout);
      if (options.readOnly !== undefined && stdout.length >= options.readOnly) child.stdout.destroy();
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
      options.onErrors?.(stderr);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    options.onStart?.(interrupt);
  });
}
