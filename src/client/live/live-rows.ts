import type { RowData } from "../cell-value.ts";
import { ClientError, SubscriptionError } from "../errors.ts";
import type { SchemaField } from "../results.ts";
import type { ServerMessage, SubscriptionOptions } from "./events.ts";

export interface LiveRowsOptions<T = RowData> {
  readonly subscriptionOptions?: SubscriptionOptions;
  /** What becomes of a row before it is given out. */
  readonly mapRow?: (row: RowData) => T;
  /** Keeps the last n rows only. */
  readonly limit?: number;
  /** What a row is known by; the primary key when not given. */
  readonly keyColumns?: readonly string[];
  readonly getKey?: (row: RowData) => string;
  /** The subscription has ended, or something went wrong that it survives. */
  readonly onError?: (error: SubscriptionError | ClientError) => void;
  /** It could not go on without a gap and begins anew. The rows stay as they are until all have come again. */
  readonly onReset?: (reason: string) => void;
}

/** The user whose row it is, in subscriptions to all users' rows: keys are each user's own. */
const USER_COLUMN = "_user_id";

/**
 * The rows of a live query as they are now: first rows, then every change applied. Rows stand in the order in which they came, and
 * a row that changes keeps its place.
 */
export class LiveRows<T = RowData> {
  readonly #options: LiveRowsOptions<T>;
  readonly #give: (rows: readonly T[]) => void;
  #keyColumns: readonly string[] = [];
  /** Why these rows cannot be followed. */
  problem: ClientError | undefined;
  #rows = new Map<string, T>();
  /** The rows of a new beginning until it is complete. */
  #fresh: Map<string, T> | undefined;

  constructor(options: LiveRowsOptions<T>, give: (rows: readonly T[]) => void) {
    this.#options = options;
    this.#give = give;
  }

  receive(event: ServerMessage): void {
    if (this.problem !== undefined) return;
    switch (event.type) {
      case "subscription_ack":
        this.#findKey(event.schema);
        return;
      case "initial_data_batch": {
        const target = this.#fresh ?? this.#rows;
        for (const row of event.gone) target.delete(this.#key(row));
        for (const row of event.rows) this.#put(target, row);
        if (this.#fresh !== undefined && event.batch_control.has_more) return;
        this.#rows = target;
        this.#fresh = undefined;
        break;
      }
      case "change":
        this.#change(event.rows ?? [], event.old_values ?? []);
        break;
      case "must_resnapshot":
        this.#fresh = new Map();
        this.#options.onReset?.(event.reason);
        return;
      case "error":
        this.#options.onError?.(new SubscriptionError(event.subscription_id, event.code, event.message));
        return;
    }
    this.#give([...this.#rows.values()]);
  }

  #change(rows: readonly RowData[], old: readonly RowData[]): void {
    const kept = new Set(rows.map((row) => this.#key(row)));
    for (const row of old) {
      const key = this.#key(row);
      if (!kept.has(key)) this.#rows.delete(key);
    }
    for (const row of rows) this.#put(this.#rows, row);
  }

  #put(target: Map<string, T>, row: RowData): void {
    const { mapRow, limit } = this.#options;
    target.set(this.#key(row), mapRow === undefined ? (row as T) : mapRow(row));
    if (limit === undefined || target.size <= limit) return;
    for (const key of target.keys()) {
      if (target.size <= limit) return;
      target.delete(key);
    }
  }

  #key(row: RowData): string {
    if (this.#options.getKey !== undefined) return this.#options.getKey(row);
    const names = row[USER_COLUMN] === undefined ? this.#keyColumns : [USER_COLUMN, ...this.#keyColumns];
    return JSON.stringify(names.map((name) => row[name]));
  }

  #findKey(schema: readonly SchemaField[]): void {
    const { keyColumns, getKey } = this.#options;
    if (getKey !== undefined) return;
    const names = new Set(schema.map(({ name }) => name));
    this.#keyColumns =
      keyColumns ?? schema.filter(({ flags }) => flags?.includes("pk") === true).map(({ name }) => name);
    const missing = this.#keyColumns.find((name) => !names.has(name));
    if (this.#keyColumns.length > 0 && missing === undefined) return;
    const what = missing === undefined ? "the primary key" : missing;
    this.problem = new ClientError(`Rows cannot be told apart: select ${what}, or give keyColumns or getKey`);
  }
}
