import type { DuckDBConnection } from "@duckdb/node-api";
import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Timer } from "../../runtime/timers.ts";

/** An interrupt that falls between two steps of a statement is lost, so it is sent again until the statement is over. */
const REPEAT_MILLIS = 20;

/** Ends a statement when its time is up or its caller gives up. */
export class Deadline {
  readonly #timeoutMillis: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: Timer | undefined;
  readonly #runtime: Runtime;
  readonly #over = new AbortController();
  #connection: DuckDBConnection | undefined;
  #repeat: Timer | undefined;
  #reason: "timeout" | "cancelled" | undefined;

  /** @param timeoutMillis undefined: only the signal ends it */
  constructor(timeoutMillis: number | undefined, signal: AbortSignal | undefined, runtime: Runtime) {
    this.#timeoutMillis = timeoutMillis;
    this.#signal = signal;
    this.#runtime = runtime;
    if (timeoutMillis !== undefined) this.#timer = runtime.timers.after(timeoutMillis, () => this.#end("timeout"));
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted) {
      this.#reason = "cancelled";
      this.#over.abort();
    }
  }

  /** Fires when the statement is to end: for waiting that is part of it. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** From now on this connection works for the statement. */
  watch(connection: DuckDBConnection): void {
    this.#connection = connection;
    this.check();
  }

  /** @throws timeout or cancelled when the statement is to end. */
  check(): void {
    const error = this.error;
    if (error !== undefined) throw error;
  }

  get error(): KalamError | undefined {
    if (this.#reason === undefined) return undefined;
    if (this.#reason === "cancelled") return new KalamError("cancelled");
    return new KalamError("timeout", { seconds: (this.#timeoutMillis ?? 0) / 1000 });
  }

  /** The statement is over. */
  clear(): void {
    this.#timer?.cancel();
    this.#repeat?.cancel();
    this.#connection = undefined;
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.#end("cancelled");

  #end(reason: "timeout" | "cancelled"): void {
    this.#reason ??= reason;
    this.#over.abort();
    this.#connection?.interrupt();
    this.#repeat ??= this.#runtime.timers.every(REPEAT_MILLIS, () => this.#connection?.interrupt());
  }
}
