import type { Runtime } from "../../runtime/runtime.ts";
import type { Service } from "../../runtime/service.ts";
import type { Timer } from "../../runtime/timers.ts";
import type { Report } from "../surroundings.ts";

/** Something to look after again and again: usually it makes a job where one is due. */
export interface Check {
  readonly name: string;
  /** 0 switches the check off. */
  readonly everySeconds: number;
  /** @param signal aborted when the engine is closed */
  run(signal: AbortSignal): Promise<void>;
}

/** Runs checks at their intervals. A check that takes longer than its interval is not begun a second time. */
export class Scheduler implements Service {
  readonly name = "scheduler";
  readonly #checks: readonly Check[];
  readonly #runtime: Runtime;
  readonly #report: Report;
  readonly #timers: Timer[] = [];
  readonly #running = new Map<Check, Promise<void>>();
  readonly #abort = new AbortController();

  constructor(checks: readonly Check[], runtime: Runtime, report: Report) {
    this.#checks = checks;
    this.#runtime = runtime;
    this.#report = report;
  }

  async start(): Promise<void> {
    for (const check of this.#checks) {
      if (check.everySeconds === 0) continue;
      this.#timers.push(this.#runtime.timers.every(check.everySeconds * 1000, () => this.#begin(check)));
    }
  }

  /** Begins no more checks; resolves when those that run have ended. */
  async drain(): Promise<void> {
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.#abort.abort();
    await Promise.all(this.#running.values());
  }

  stop(): Promise<void> {
    return this.drain();
  }

  #begin(check: Check): void {
    if (this.#running.has(check)) return;
    this.#running.set(check, this.#run(check));
  }

  /** A check that fails is tried again at its next time. */
  async #run(check: Check): Promise<void> {
    try {
      await check.run(this.#abort.signal);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#report(`the check ${check.name} failed`, error);
    } finally {
      this.#running.delete(check);
    }
  }
}
