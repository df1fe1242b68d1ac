import type { Runtime } from "../../runtime/runtime.ts";
import type { Timer } from "../../runtime/timers.ts";
import type { FinalStatus } from "./job.ts";

/** How a job is to end when its work is told to give up. */
export interface Ending {
  readonly status: Extract<FinalStatus, "cancelled" | "failed">;
  readonly message: string;
}

export type Outcome<T> =
  | { readonly type: "returned"; readonly value: T }
  | { readonly type: "threw"; readonly error: unknown }
  /** It was told to give up; `working` says that it has not done so in time. */
  | { readonly type: "ended"; readonly ending: Ending; readonly working: boolean };

/** The reason of the abort that running work sees. */
export class JobEnded extends Error {
  constructor({ message }: Ending) {
    super(message);
    this.name = "JobEnded";
  }
}

export interface AttemptLimits {
  /** Milliseconds without progress after which the work counts as hanging; 0 means never. */
  readonly hangsAfterMs: number;
  /** Milliseconds that work gets to give up. */
  readonly graceMs: number;
}

type Work<T> = (signal: AbortSignal, progress: (message: string) => void) => Promise<T>;

/**
 * One run of a job's work. It has an outcome even when the work does not end: whoever ends it waits only so long, and goes on.
 */
export class Attempt<T> {
  readonly outcome: Promise<Outcome<T>>;
  /** Resolves when the work has really ended. */
  readonly over: Promise<void>;
  readonly #runtime: Runtime;
  readonly #limits: AttemptLimits;
  readonly #abort = new AbortController();
  #giveUp: (working: boolean) => void = () => undefined;
  #progress: string | undefined;
  #lastSign: number;
  #watch: Timer | undefined;
  #ending: Ending | undefined;

  constructor(runtime: Runtime, limits: AttemptLimits, work: Work<T>) {
    this.#runtime = runtime;
    this.#limits = limits;
    this.#lastSign = runtime.clock.monotonic();
    const ended: Promise<Outcome<T>> = work(this.#abort.signal, (message) => this.#sign(message)).then(
      (value) => ({ type: "returned", value }),
      (error: unknown) =>
        this.#ending === undefined ? { type: "threw", error } : { type: "ended", ending: this.#ending, working: false },
    );
    const givenUp = new Promise<Outcome<T>>((resolve) => {
      this.#giveUp = (working) => {
        if (this.#ending !== undefined) resolve({ type: "ended", ending: this.#ending, working });
      };
    });
    this.outcome = Promise.race([ended, givenUp]);
    this.over = ended.then(() => this.#watch?.cancel());
    if (limits.hangsAfterMs > 0) this.#watchFor(limits.hangsAfterMs);
  }

  /** How far the work says it is. */
  get progress(): string | undefined {
    return this.#progress;
  }

  /** Set once the work was told to give up. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /**
   * Tells the work to give up. The first to say so decides how the job ends, unless the work completes all the same.
   *
   * @param graceMs 0 does not wait for the work at all: the process is about to end, and the work with it
   */
  end(ending: Ending, graceMs = this.#limits.graceMs): void {
    if (this.#ending === undefined) {
      this.#ending = ending;
      this.#abort.abort(new JobEnded(ending));
    }
    if (graceMs === 0) this.#giveUp(false);
    else this.#runtime.timers.after(graceMs, () => this.#giveUp(true));
  }

  #sign(message: string): void {
    this.#progress = message;
    this.#lastSign = this.#runtime.clock.monotonic();
  }

  #watchFor(millis: number): void {
    this.#watch = this.#runtime.timers.after(millis, () => {
      const { hangsAfterMs } = this.#limits;
      const left = hangsAfterMs - (this.#runtime.clock.monotonic() - this.#lastSign);
      if (left > 0) this.#watchFor(left);
      else this.end({ status: "failed", message: `the job gave no sign of life for ${hangsAfterMs / 1000} s` });
    });
  }
}
