import { KalamError } from "../../errors/index.ts";
import type { Random } from "../../runtime/random.ts";
import type { Timers } from "../../runtime/timers.ts";
import type { Entry, HotStore, HotStoreCapabilities, ScanRange, WriteBatch } from "./hot-store.ts";

export type Operation = "get" | "scan" | "commit";

/** What happens to operations by chance, in tenths of a percent. */
export interface FaultRates {
  /** The operation fails and does nothing. */
  readonly error?: number;
  /** A commit is done, but its caller is told that it failed. */
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

/** What a crash does to the commits that are under way: each is whole or absent by chance; `tear` leaves halves. */
export interface CrashOptions {
  /** What no sound driver does; shows that a check for whole batches would notice. */
  readonly tear?: boolean;
}

interface Planned {
  readonly operation: Operation;
  readonly error: Error;
  readonly afterwards: boolean;
}

interface Gate {
  readonly operation: Operation;
  readonly opened: Promise<void>;
}

/**
 * A hot store whose faults a test steers: planned errors, operations held until released, faults by chance, and a crash.
 * Without any of these it behaves as the store inside.
 *
 * @example
 * const store = new FaultyHotStore(inner, { random: new SeededRandom(1), timers: systemTimers });
 * store.failNext("commit", new KalamError("storage_full"));
 */
export class FaultyHotStore implements HotStore {
  readonly #inner: HotStore;
  readonly #options: FaultOptions;
  readonly #planned: Planned[] = [];
  readonly #gates: Gate[] = [];
  readonly #underWay = new Set<WriteBatch>();
  #crashed = false;

  constructor(inner: HotStore, options: FaultOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  get capabilities(): HotStoreCapabilities {
    return this.#inner.capabilities;
  }

  /** The next such operation fails and does nothing. Several calls plan several failures. */
  failNext(operation: Operation, error: Error): void {
    this.#planned.push({ operation, error, afterwards: false });
  }

  /** The next commit is done, and then reported as failed. */
  loseNextAcknowledgement(error: Error): void {
    this.#planned.push({ operation: "commit", error, afterwards: true });
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

  /**
   * Ends this store as a crash of the process would: what is under way and what comes later fails. Acknowledged commits
   * stay in the store inside, which the test opens or wraps again.
   */
  async crash(options: CrashOptions = {}): Promise<void> {
    this.#crashed = true;
    for (const batch of this.#underWay) {
      if (options.tear) await this.#inner.commit(half(batch));
      else if (this.#options.random.below(2) === 0) await this.#inner.commit(batch);
    }
    this.#underWay.clear();
  }

  get(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    return this.#attempt("get", () => this.#inner.get(keys));
  }

  scan(range: ScanRange): Promise<readonly Entry[]> {
    return this.#attempt("scan", () => this.#inner.scan(range));
  }

  async commit(batch: WriteBatch): Promise<void> {
    this.#underWay.add(batch);
    try {
      await this.#attempt("commit", () => {
        // From here on the store inside decides what becomes of it.
        this.#underWay.delete(batch);
        return this.#inner.commit(batch);
      });
    } finally {
      this.#underWay.delete(batch);
    }
  }

  size(): Promise<number> {
    return this.#inner.size();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #attempt<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
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
    if (operation === "commit" && this.#happens(lostAcknowledgement)) {
      throw new KalamError("storage_failed", { reason: "injected loss of the acknowledgement" });
    }
    return result;
  }

  #takePlanned(operation: Operation): Planned | undefined {
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

function half(batch: WriteBatch): WriteBatch {
  return { puts: batch.puts.slice(0, Math.floor(batch.puts.length / 2)) };
}
