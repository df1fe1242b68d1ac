import type { Timers } from "../../../runtime/timers.ts";

export interface CallLimits {
  readonly timeoutMillis: number;
  /** Calls under way at the same time; the others wait. */
  readonly atOnce: number;
  readonly timers: Timers;
}

/** A storage did not answer in time, or has not yet answered an earlier call. */
export class NoAnswer extends Error {
  constructor(millis: number) {
    super(`no answer within ${millis} ms`);
    this.name = "NoAnswer";
  }
}

/** So many calls may wait for their turn. */
const MAX_WAITING = 10_000;

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * Runs calls of a file system that may be gone, such as one of the network. A call that hangs keeps a thread of the process
 * for itself, which commits need too: so few are under way at once, each has a limited time, and until one that ran out of it
 * has come back after all, no other is begun. That also keeps it from undoing what a later call did.
 */
export class BoundedCalls {
  readonly #limits: CallLimits;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #overdue = 0;

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /**
   * @param late is given the result of a call that came back after its time, to free what it holds
   * @throws NoAnswer
   */
  async run<T>(call: () => Promise<T>, late?: (result: T) => Promise<void>): Promise<T> {
    await this.#turn();
    return new Promise<T>((resolve, reject) => {
      let timedOut = false;
      const timer = this.#limits.timers.after(this.#limits.timeoutMillis, () => {
        timedOut = true;
        this.#overdue++;
        reject(this.#noAnswer());
        for (const { refuse } of this.#waiting.splice(0)) refuse(this.#noAnswer());
      });
      const end = (): void => {
        timer.cancel();
        if (timedOut) this.#overdue--;
        const next = this.#overdue === 0 ? this.#waiting.shift() : undefined;
        // The next one takes over the place of this one.
        if (next === undefined) this.#running--;
        else next.begin();
      };
      call().then(
        async (result) => {
          // What it holds is freed before others may begin; its caller has long been told that it failed.
          if (timedOut) await late?.(result).catch(() => undefined);
          end();
          resolve(result);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  async #turn(): Promise<void> {
    if (this.#overdue > 0) throw this.#noAnswer();
    if (this.#running < this.#limits.atOnce) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) throw new Error("too many calls are waiting");
    await new Promise<void>((begin, refuse) => this.#waiting.push({ begin, refuse }));
  }

  #noAnswer(): NoAnswer {
    return new NoAnswer(this.#limits.timeoutMillis);
  }
}
