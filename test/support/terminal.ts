import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemClock } from "../../src/runtime/clock.ts";
import { systemTimers } from "../../src/runtime/timers.ts";

const run = promisify(execFile);
const WAIT_MILLIS = 20_000;
const LOOK_EVERY_MILLIS = 50;

/** A program in a pseudo-terminal (tmux keeps the screen), driven by keys. */
export class Terminal {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /**
   * @param command program and arguments.
   * @throws Error that says so when tmux is not installed.
   */
  static async open(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Terminal> {
    const terminal = new Terminal(`kalam-test-${process.pid}`);
    const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
    const line = `env ${variables.join(" ")} ${command.map(quote).join(" ")}; echo "[exit $?]"; cat`;
    try {
      await terminal.#tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", "100", "-y", "50", "sh", "-c", line);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        throw new Error("These tests drive a terminal by tmux, which is not installed (apt-get install tmux)");
      }
      throw error;
    }
    return terminal;
  }

  async type(text: string): Promise<void> {
    // A semicolon at the end would separate commands of tmux.
    await this.#tmux("send-keys", "-l", text.replace(/;$/, "\\;"));
  }

  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.press("Enter");
  }

  /** Names as tmux has them: `Enter`, `Tab`, `Up`, `C-c`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux("send-keys", ...keys);
  }

  async screen(): Promise<string> {
    const { stdout } = await this.#tmux("capture-pane", "-p", "-S", "-500");
    return stdout.trimEnd();
  }

  /** Waits until the screen shows something. */
  async shows(expected: RegExp): Promise<string> {
    const deadline = systemClock.monotonic() + WAIT_MILLIS;
    for (;;) {
      const screen = await this.screen();
      if (expected.test(screen)) return screen;
      if (systemClock.monotonic() > deadline) throw new Error(`The terminal does not show ${expected}:\n${screen}`);
      await systemTimers.sleep(LOOK_EVERY_MILLIS);
    }
  }

  async close(): Promise<void> {
    await this.#tmux("kill-server");
  }

  #tmux(...args: string[]): Promise<{ stdout: string }> {
    return run("tmux", ["-L", this.#socket, ...args]);
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
