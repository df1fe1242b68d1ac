import { type FaultOptions, FaultPlan } from "../fault-plan.ts";
import type { ObjectStore, StorageHealth, StoredObject } from "./object-store.ts";

export type ObjectOperation = "put" | "take" | "get" | "list" | "delete" | "createFolder" | "clear" | "check";

/**
 * An object store whose faults a test steers, as `FaultyHotStore` is for hot stores: an operation that is held hangs as a
 * storage in a broken network does.
 *
 * @example
 * const store = new FaultyObjectStore(inner, { random: new SeededRandom(1), timers: systemTimers });
 * store.failNext("take", new KalamError("storage_full", { what: "Storage 'local'" }));
 */
export class FaultyObjectStore implements ObjectStore {
  readonly kind: ObjectStore["kind"];
  readonly #inner: ObjectStore;
  readonly #plan: FaultPlan<ObjectOperation>;

  constructor(inner: ObjectStore, options: FaultOptions) {
    this.kind = inner.kind;
    this.#inner = inner;
    this.#plan = new FaultPlan(["put", "take", "delete", "createFolder", "clear"], options);
  }

  /** The next such operation fails and does nothing. Several calls plan several failures. */
  failNext(operation: ObjectOperation, error: Error): void {
    this.#plan.failNext(operation, error);
  }

  /** The next such operation is done, and then reported as failed. */
  loseNextAcknowledgement(operation: ObjectOperation, error: Error): void {
    this.#plan.failNext(operation, error, true);
  }

  /** Operations of this kind that begin from now on wait until the function returned is called. */
  hold(operation: ObjectOperation): () => void {
    return this.#plan.hold(operation);
  }

  /** What is under way and what comes later fails, as after the end of the process. */
  crash(): void {
    this.#plan.crash();
  }

  put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#plan.attempt("put", () => this.#inner.put(path, bytes));
  }

  take(localFile: string, path: string): Promise<void> {
    return this.#plan.attempt("take", () => this.#inner.take(localFile, path));
  }

  get(path: string): Promise<Buffer | undefined> {
    return this.#plan.attempt("get", () => this.#inner.get(path));
  }

  localFile(path: string): string {
    return this.#inner.localFile(path);
  }

  async *list(folder: string): AsyncIterable<StoredObject> {
    yield* await this.#plan.attempt("list", async () => this.#inner.list(folder));
  }

  delete(paths: readonly string[]): Promise<void> {
    return this.#plan.attempt("delete", () => this.#inner.delete(paths));
  }

  createFolder(folder: string): Promise<void> {
    return this.#plan.attempt("createFolder", () => this.#inner.createFolder(folder));
  }

  clear(folder: string, signal?: AbortSignal): Promise<void> {
    return this.#plan.attempt("clear", () => this.#inner.clear(folder, signal));
  }

  check(extended: boolean): Promise<StorageHealth> {
    return this.#plan.attempt("check", () => this.#inner.check(extended));
  }
}
