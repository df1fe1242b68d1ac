import type { RowData } from "../cell-value.ts";
import { SubscriptionError } from "../errors.ts";
import type { SchemaField } from "../results.ts";
import { SeqId } from "../seq-id.ts";
import type { ServerMessage, SubscriptionOptions } from "./events.ts";

/** One thing that happened to the rows of a query. */
export type RowChange =
  /** A row as it is now: one of those that the stream begins with, or one that changed while the connection was lost. */
  | { readonly type: "row"; readonly row: RowData; readonly seq: SeqId }
  | { readonly type: "insert"; readonly row: RowData; readonly seq: SeqId }
  /** `old` has the key and the former values of what changed. */
  | { readonly type: "update"; readonly row: RowData; readonly old: RowData; readonly seq: SeqId }
  /** The row was deleted, or does not fit the query any more. While the connection was lost: only key and `_seq` are known. */
  | { readonly type: "delete"; readonly old: RowData; readonly seq: SeqId }
  /** All rows of the beginning, or of a reconnect, have been given; from here on there are changes. */
  | { readonly type: "ready"; readonly resumed: boolean }
  /** It could not go on without a gap: what was given is to be forgotten, all rows follow. */
  | { readonly type: "reset"; readonly reason: string };

export interface ChangeStreamOptions extends SubscriptionOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Changes that wait at most for who iterates; then the server is asked to wait. Default 10 000. */
  readonly maxWaiting?: number;
}

/** What the stream needs of its subscription. */
export interface PausableSource {
  readonly id: string;
  /** Rejects with the reason when it cannot begin. */
  readonly opened: Promise<void>;
  readonly ended: Promise<void>;
  pause(): void;
  resume(): void;
}

const DEFAULT_MAX_WAITING = 10_000;

/**
 * The changes of a query for `for await`. Whoever iterates slowly loses nothing: when enough changes wait, the subscription is
 * paused, and goes on behind the last one when half of them were taken. What changed twice meanwhile then comes once.
 */
export class ChangeStream implements AsyncIterableIterator<RowChange> {
  readonly #maxWaiting: number;
  readonly #source: PausableSource;
  readonly #leave: () => void;
  readonly #waiting: RowChange[] = [];
  #taken: { resolve(result: IteratorResult<RowChange>): void; reject(error: unknown): void }[] = [];
  /** The columns of the query; empty before the first change. */
  schema: readonly SchemaField[] = [];
  #isPaused = false;
  #isResumed = false;
  #end: { readonly error?: unknown } | undefined;

  /** @param subscribe begins, with a function that is told all events; @param unsubscribe is called once, at the end */
  constructor(
    options: ChangeStreamOptions,
    subscribe: (callback: (event: ServerMessage) => void) => PausableSource,
    unsubscribe: (id: string) => void,
  ) {
    const { signal, maxWaiting = DEFAULT_MAX_WAITING } = options;
    this.#maxWaiting = maxWaiting;
    this.#source = subscribe((event) => this.#receive(event));
    const onAbort = () => this.#finish({});
    this.#leave = () => {
      signal?.removeEventListener("abort", onAbort);
      unsubscribe(this.#source.id);
    };
    this.#source.opened.catch((error: unknown) => this.#finish({ error }));
    void this.#source.ended.then(() => this.#finish({}));
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<RowChange>> {
    const change = this.#waiting.shift();
    if (change !== undefined) {
      if (this.#isPaused && this.#waiting.length <= this.#maxWaiting / 2) {
        this.#isPaused = false;
        this.#source.resume();
      }
      return Promise.resolve({ done: false, value: change });
    }
    if (this.#end !== undefined) {
      const { error } = this.#end;
      this.#end = {};
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#taken.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<RowChange>> {
    this.#waiting.length = 0;
    this.#finish({});
    return Promise.resolve({ done: true, value: undefined });
  }

  #receive(event: ServerMessage): void {
    if (this.#end !== undefined) return;
    switch (event.type) {
      case "subscription_ack":
        this.#isResumed = event.resumed;
        this.schema = event.schema;
        return;
      case "initial_data_batch":
        for (const change of bySeq(event.rows, event.gone)) this.#push(change);
        if (!event.batch_control.has_more) this.#push({ type: "ready", resumed: this.#isResumed });
        return;
      case "change":
        for (const change of changesOf(event.change_type, event.rows ?? [], event.old_values ?? [])) this.#push(change);
        return;
      case "must_resnapshot":
        this.#push({ type: "reset", reason: event.reason });
        return;
      case "error":
        if (event.ended)
          this.#finish({ error: new SubscriptionError(event.subscription_id, event.code, event.message) });
    }
  }

  #push(change: RowChange): void {
    const taker = this.#taken.shift();
    if (taker !== undefined) {
      taker.resolve({ done: false, value: change });
      return;
    }
    this.#waiting.push(change);
    if (this.#isPaused || this.#waiting.length < this.#maxWaiting) return;
    this.#isPaused = true;
    this.#source.pause();
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#leave();
    const takers = this.#taken;
    this.#taken = [];
    for (const [index, taker] of takers.entries()) {
      if (index === 0 && end.error !== undefined) {
        this.#end = {};
        taker.reject(end.error);
      } else taker.resolve({ done: true, value: undefined });
    }
  }
}

function bySeq(rows: readonly RowData[], gone: readonly RowData[]): RowChange[] {
  const changes: RowChange[] = [
    ...rows.map((row) => ({ type: "row", row, seq: seqOf(row) }) as const),
    ...gone.map((old) => ({ type: "delete", old, seq: seqOf(old) }) as const),
  ];
  return gone.length === 0 ? changes : changes.sort((a, b) => seqOrZero(a).compare(seqOrZero(b)));
}

function changesOf(
  type: "insert" | "update" | "delete",
  rows: readonly RowData[],
  old: readonly RowData[],
): RowChange[] {
  switch (type) {
    case "insert":
      return rows.map((row) => ({ type, row, seq: seqOf(row) }));
    case "update":
      return rows.map((row, index) => ({ type, row, old: old[index] ?? {}, seq: seqOf(row) }));
    case "delete":
      return old.map((each) => ({ type, old: each, seq: seqOf(each) }));
  }
}

const NO_SEQ = SeqId.from(0n);

/** Some rows have none: those of streams that were removed as a whole. */
function seqOf(row: RowData): SeqId {
  return row._seq?.asSeqId() ?? NO_SEQ;
}

function seqOrZero(change: RowChange): SeqId {
  return "seq" in change ? change.seq : NO_SEQ;
}
