import { systemTimers, type Timer, type Timers } from "../runtime/timers.ts";
import { TimeoutError } from "./errors.ts";

/**
 * Ends one request: after its time, or when the caller wants no more. `AbortSignal.any` and `AbortSignal.timeout` would do the
 * same, but keep what they hold until the time is over, which adds up over the statements of a script; this lets go of
 * everything with `release`.
 */
export class RequestLimit {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: Timer | undefined;
  readonly #onAbort = () => this.#controller.abort(this.#caller?.reason);

  /** @param timeoutMs 0 means no limit. */
  constructor(timeoutMs: number, caller: AbortSignal | undefined, timers: Timers = systemTimers) {
    this.#caller = caller;
    if (timeoutMs > 0) {
      this.#timer = timers.after(timeoutMs, () => this.#controller.abort(new TimeoutError(timeoutMs)));
    }
    if (caller?.aborted === true) this.#onAbort();
    else caller?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  release(): void {
    this.#timer?.cancel();
    this.#caller?.removeEventListener("abort", this.#onAbort);
  }
}
