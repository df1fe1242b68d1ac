import { KalamError } from "../errors/index.ts";
import type { Random } from "../runtime/random.ts";
import type { Timers } from "../runtime/timers.ts";

/** What happens to operations by chance, in tenths of a percent. */
export interface FaultRates {
  /** The operation fails and does nothing. */
  readonly error?: number;
  /** A write is done, but its caller is told that it failed. */
  readonly lostAcknowledgement?: number;
  /** The operation waits first, up to `maximumDelayMillis` (default 5). */
  readonly delay?: number;
  readonly maximumDelayMillis?: number;
}

export interface FaultOptions {
  /** Seeded, so that the same seed gives the same faults. */
  readonly random: Random;
  readonly timers: Timers;
  readonly rates?: FaultRates;
}

interface Planned<Operation> {
  readonly operation: Operation;
  readonly error: Error;
  readonly afterwards: boolean;
}

interface Gate<Operation> {
  readonly operation: Operation;
  readonly opened: Promise<void>;
}

/** The faults that a test wants of a store: planned errors, operations held until released, faults by chance, and a crash. */
export class FaultPlan<Operation extends string> {
  readonly #options: FaultOptions;
  readonly #writes: ReadonlySet<Operation>;
  readonly #planned: Planned<Operation>[] = [];
  readonly #gates: Gate<Operation>[] = [];
  #crashed = false;

  /** @param writes operations whose acknowledgement can be lost */
  constructor(writes: readonly Operation[], options: FaultOptions) {
    this.#writes = new Set(writes);
    this.#options = options;
  }

  /** The next such operation fails: before it has done anything, or (`afterwards`) when it is done. */
  failNext(operation: Operation, error: Error, afterwards = false): void {
    this.#planned.push({ operation, error, afterwards });
  }

  /** Operations of this kind that begin from now on wait until the function returned is called. */
  hold(operation: Operation): () => void {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const gate = { operation, opened };
    this.#gates.push(gate);
    return () => {
      const place = this.#gates.indexOf(gate);
      if (place >= 0) this.#gates.splice(place, 1);
      open();
    };
  }

  /** What is under way and what comes later fails. */
  crash(): void {
    this.#crashed = true;
  }

  async attempt<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    for (const gate of this.#gates.filter((each) => each.operation === operation)) await gate.opened;
    const { delay = 0, error = 0, lostAcknowledgement = 0, maximumDelayMillis = 5 } = this.#options.rates ?? {};
    if (this.#happens(delay)) await this.#options.timers.sleep(this.#options.random.below(maximumDelayMillis + 1));
    this.#assertRunning();
    const planned = this.#takePlanned(operation);
    if (planned && !planned.afterwards) throw planned.error;
    if (this.#happens(error)) throw new KalamError("storage_failed", { reason: "injected fault" });
    const result = await work();
    this.#assertRunning();
    if (planned) throw planned.error;
    if (this.#writes.has(operation) && this.#happens(lostAcknowledgement)) {
      throw new KalamError("storage_failed", { reason: "injected loss of the acknowledgement" });
    }
    return result;
  }

  #takePlanned(operation: Operation): Planned<Operation> | undefined {
    const place = this.#planned.findIndex((each) => each.operation === operation);
    return place < 0 ? undefined : this.#planned.splice(place, 1)[0];
  }

  #happens(rate: number): boolean {
    return rate > 0 && this.#options.random.below(1000) < rate;
  }

  #assertRunning(): void {
    if (this.#crashed) throw new KalamError("storage_failed", { reason: "the store has crashed" });
  }
}
