import { type FaultOptions, FaultPlan } from "../fault-plan.ts";
import type { Entry, HotStore, HotStoreCapabilities, ScanRange, WriteBatch } from "./hot-store.ts";

export type Operation = "get" | "scan" | "commit";

/** What a crash does to the commits that are under way: each is whole or absent by chance; `tear` leaves halves. */
export interface CrashOptions {
  /** What no sound driver does; shows that a check for whole batches would notice. */
  readonly tear?: boolean;
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
  readonly #plan: FaultPlan<Operation>;
  readonly #underWay = new Set<WriteBatch>();

  constructor(inner: HotStore, options: FaultOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#plan = new FaultPlan(["commit"], options);
  }

  get capabilities(): HotStoreCapabilities {
    return this.#inner.capabilities;
  }

  /** The next such operation fails and does nothing. Several calls plan several failures. */
  failNext(operation: Operation, error: Error): void {
    this.#plan.failNext(operation, error);
  }

  /** The next commit is done, and then reported as failed. */
  loseNextAcknowledgement(error: Error): void {
    this.#plan.failNext("commit", error, true);
  }

  /** Operations of this kind that begin from now on wait until the function returned is called. */
  hold(operation: Operation): () => void {
    return this.#plan.hold(operation);
  }

  /**
   * Ends this store as a crash of the process would: what is under way and what comes later fails. Acknowledged commits
   * stay in the store inside, which the test opens or wraps again.
   */
  async crash(options: CrashOptions = {}): Promise<void> {
    this.#plan.crash();
    for (const batch of this.#underWay) {
      if (options.tear) await this.#inner.commit(half(batch));
      else if (this.#options.random.below(2) === 0) await this.#inner.commit(batch);
    }
    this.#underWay.clear();
  }

  get(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    return this.#plan.attempt("get", () => this.#inner.get(keys));
  }

  scan(range: ScanRange): Promise<readonly Entry[]> {
    return this.#plan.attempt("scan", () => this.#inner.scan(range));
  }

  async commit(batch: WriteBatch): Promise<void> {
    this.#underWay.add(batch);
    try {
      await this.#plan.attempt("commit", () => {
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
}

function half(batch: WriteBatch): WriteBatch {
  return { puts: batch.puts.slice(0, Math.floor(batch.puts.length / 2)) };
}
