import type { DuckDBConnection } from "@duckdb/node-api";
import { KalamError } from "../../errors/index.ts";

/** How many statements may wait for each that runs. */
const WAITING_PER_CONNECTION = 32;

interface Waiter {
  readonly grant: () => void;
  readonly refuse: (error: Error) => void;
}

/** Where a pool gets its connections from. */
export interface ConnectionSource {
  open(): Promise<DuckDBConnection>;
  close(connection: DuckDBConnection): void;
  /** Whether the connection is still good for later work. */
  isCurrent(connection: DuckDBConnection): boolean;
}

/**
 * Lends connections: at most `size` at a time, the others wait in order, and beyond a bounded number of them the answer is
 * `overloaded`. Each connection runs one statement at a time, so a statement can be interrupted without touching another.
 */
export class ConnectionPool {
  readonly #source: ConnectionSource;
  readonly #size: number;
  readonly #idle: DuckDBConnection[] = [];
  readonly #waiters: Waiter[] = [];
  #lent = 0;
  #closed = false;

  constructor(size: number, source: ConnectionSource) {
    this.#size = Math.max(1, size);
    this.#source = source;
  }

  get lent(): number {
    return this.#lent;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** @throws overloaded, cancelled (when `signal` fires while waiting), shutting_down. */
  async acquire(signal: AbortSignal | undefined): Promise<DuckDBConnection> {
    await this.#turn(signal);
    try {
      return this.#idle.pop() ?? (await this.#source.open());
    } catch (error) {
      this.#next();
      throw error;
    }
  }

  release(connection: DuckDBConnection, healthy: boolean): void {
    if (healthy && !this.#closed && this.#source.isCurrent(connection)) this.#idle.push(connection);
    else this.#source.close(connection);
    this.#next();
  }

  /** Closes the connections that nobody uses. */
  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) this.#source.close(connection);
  }

  /** Refuses whoever waits, and everybody after. Connections that are lent close when they come back. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(new KalamError("shutting_down"));
    this.closeIdle();
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#closed) throw new KalamError("shutting_down");
    if (signal?.aborted) throw new KalamError("cancelled");
    if (this.#lent < this.#size) {
      this.#lent++;
      return;
    }
    if (this.#waiters.length >= this.#size * WAITING_PER_CONNECTION) {
      throw new KalamError("overloaded", { waiting: this.#waiters.length });
    }
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => signal?.removeEventListener("abort", abort);
      const waiter: Waiter = {
        grant: () => {
          settle();
          resolve();
        },
        refuse: (error) => {
          settle();
          reject(error);
        },
      };
      const abort = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        waiter.refuse(new KalamError("cancelled"));
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Hands the turn of a finished statement to the next one. */
  #next(): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#lent--;
    else waiter.grant();
  }
}
