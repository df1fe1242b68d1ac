import type {
  ChangeMessage,
  ClientMessage,
  InitialDataBatchMessage,
  LiveErrorMessage,
  LiveRow,
  SubscriptionAckMessage,
} from "../../protocol/live.ts";
import { MUST_RESNAPSHOT } from "../../protocol/live.ts";
import { type RowData, wrapRowMap } from "../cell-value.ts";
import { SubscriptionError } from "../errors.ts";
import { callOut } from "../hooks.ts";
import type { NamedRow, SchemaField } from "../results.ts";
import { SeqId } from "../seq-id.ts";
import type { ServerMessage, SubscriptionCallback, SubscriptionInfo, SubscriptionOptions } from "./events.ts";
import { ResumePoint } from "./resume-point.ts";

/** Times that the server may end a subscription before its first rows are complete, one after another. */
const MAX_RESTARTS = 5;

/**
 * Refusals that mean nothing for a subscription that the server has accepted before: it may still count the one of a connection
 * whose loss it has not noticed.
 */
const PASSING: ReadonlySet<string> = new Set(["SUBSCRIPTION_LIMIT_EXCEEDED", "SUBSCRIPTION_FAILED"]);

export type SubscriptionMessage = SubscriptionAckMessage | InitialDataBatchMessage | ChangeMessage | LiveErrorMessage;

export interface SubscriptionSettings {
  readonly id: string;
  readonly sql: string;
  readonly options: SubscriptionOptions;
  readonly createdAt: Date;
  readonly callback: SubscriptionCallback;
  /** Sends now if there is a connection; without one nothing is sent, `connected` will come. */
  send(message: ClientMessage): void;
  /** Calls back after the delay of a reconnect. */
  later(attempt: number, work: () => void): void;
  /** It is over by the server's will. */
  over(): void;
}

/**
 * One subscription over all its connections.
 *
 *               connected            ack              last batch
 *     idle ───────────────▶ asked ─────────▶ loading ───────────▶ live        lost: from anywhere to idle
 *      ▲                      ▲    next_batch ◀──┘                  │
 *      │  resume, later       └─────────────────────────────────────┤ the server ends it, but it may go on
 *      └──────────────────── held ◀─────────────────────────────────┘ a change comes in a pause
 *
 * The connection gives each message once and in order, and a request behind `ResumePoint` gives what came after it. In `asked`
 * everything but the acknowledgement belongs to the subscription before, and is dropped. Someone who reads slowly pauses it: no
 * further batch is then asked for, and the first change that comes is dropped, with the subscription at the server; to go on is
 * then the same as after a lost connection.
 */
export class Subscription {
  readonly #settings: SubscriptionSettings;
  readonly #point: ResumePoint;
  #state: "idle" | "asked" | "loading" | "live" | "held" | "closed" = "idle";
  #isConnected = false;
  #isPaused = false;
  /** What `next_batch` will say when the pause ends. */
  #nextBatch: ClientMessage | undefined;
  #restarts = 0;
  #approximate: readonly string[] = [];
  readonly opened: Promise<void>;
  /** Whoever ended it. */
  readonly ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;
  #resolveOpened: () => void = () => undefined;
  #rejectOpened: (error: unknown) => void = () => undefined;
  #wasOpened = false;

  constructor(settings: SubscriptionSettings) {
    this.#settings = settings;
    this.#point = new ResumePoint(settings.options);
    this.opened = new Promise((resolve, reject) => {
      this.#resolveOpened = resolve;
      this.#rejectOpened = reject;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    // Whoever subscribes awaits it, but may be told of the end by other ways first.
    this.opened.catch(() => undefined);
  }

  get id(): string {
    return this.#settings.id;
  }

  get sql(): string {
    return this.#settings.sql;
  }

  get lastSeqId(): SeqId | undefined {
    return this.#point.seq === undefined ? undefined : SeqId.from(this.#point.seq);
  }

  get info(): SubscriptionInfo {
    const { lastSeqId } = this;
    return {
      id: this.id,
      tableName: this.sql,
      createdAt: this.#settings.createdAt,
      ...(lastSeqId === undefined ? {} : { lastSeqId }),
      closed: this.#state === "closed",
    };
  }

  /** A request is on its way and has not been answered. */
  get isAsked(): boolean {
    return this.#state === "asked";
  }

  connected(): void {
    this.#isConnected = true;
    if (this.#state === "idle") this.#ask();
  }

  lost(): void {
    this.#isConnected = false;
    this.#nextBatch = undefined;
    if (this.#state !== "closed" && this.#state !== "held") this.#state = "idle";
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#state === "held") {
      this.#state = "idle";
      if (this.#isConnected) this.#ask();
    } else if (this.#nextBatch !== undefined) {
      this.#settings.send(this.#nextBatch);
      this.#nextBatch = undefined;
    }
  }

  /** By the will of the one who subscribed. */
  close(): void {
    if (this.#state === "closed") return;
    const wasAsked = this.#state === "asked" || this.#state === "loading" || this.#state === "live";
    this.#state = "closed";
    if (wasAsked) this.#settings.send({ type: "unsubscribe", subscription_id: this.id });
    this.#resolveEnded();
    this.#rejectOpened(new SubscriptionError(this.id, "CLOSED", "The subscription was closed"));
  }

  /** It cannot go on. Told to whoever waits for its beginning, or else to the callback. */
  fail(code: string, message: string, error: unknown = new SubscriptionError(this.id, code, message)): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#rejectOpened(error);
    if (this.#wasOpened) this.#tell({ type: "error", subscription_id: this.id, code, message, ended: true });
    this.#resolveEnded();
  }

  receive(message: SubscriptionMessage): void {
    if (this.#state === "closed" || this.#state === "held" || this.#state === "idle") return;
    if (message.type === "error") this.#refused(message);
    else if (message.type === "subscription_ack") this.#acknowledged(message);
    else if (this.#state === "asked") return;
    else if (message.type === "initial_data_batch") this.#batch(message);
    else this.#change(message);
  }

  #ask(): void {
    this.#state = "asked";
    const { params } = this.#settings.options;
    this.#settings.send({
      type: "subscribe",
      subscription: {
        id: this.id,
        sql: this.sql,
        ...(params === undefined || params.length === 0 ? {} : { params }),
        options: this.#point.request(),
      },
    });
  }

  #acknowledged({ batch_control, schema, total_rows }: SubscriptionAckMessage): void {
    if (this.#state !== "asked") return;
    this.#state = "loading";
    this.#approximate = approximateColumns(schema);
    this.#wasOpened = true;
    this.#resolveOpened();
    const resumed = this.#point.isSet;
    this.#tell({ type: "subscription_ack", subscription_id: this.id, total_rows, batch_control, schema, resumed });
  }

  #batch({ rows, gone = [], batch_control }: InitialDataBatchMessage): void {
    const isDropped = this.#point.dropsFirstRows;
    for (const row of rows) this.#point.advance(row._seq);
    for (const row of gone) this.#point.advance(row._seq);
    this.#point.advance(batch_control.last_seq_id);
    const hasMore = batch_control.has_more && !isDropped;
    if (!hasMore) {
      this.#state = "live";
      this.#restarts = 0;
      this.#point.begun();
    }
    this.#tell({
      type: "initial_data_batch",
      subscription_id: this.id,
      rows: isDropped ? [] : this.#wrap(rows),
      gone: this.#wrap(gone),
      batch_control,
    });
    if (!hasMore || this.#state !== "loading") return;
    const next: ClientMessage = {
      type: "next_batch",
      subscription_id: this.id,
      ...(this.#point.seq === undefined ? {} : { last_seq_id: this.#point.seq }),
    };
    if (this.#isPaused) this.#nextBatch = next;
    else this.#settings.send(next);
  }

  #change({ change_type, rows, old_values }: ChangeMessage): void {
    if (this.#isPaused) {
      this.#state = "held";
      this.#settings.send({ type: "unsubscribe", subscription_id: this.id });
      return;
    }
    for (const row of rows ?? old_values ?? []) this.#point.advance(row._seq);
    this.#tell({
      type: "change",
      subscription_id: this.id,
      change_type,
      ...(rows === undefined ? {} : { rows: this.#wrap(rows) }),
      ...(old_values === undefined ? {} : { old_values: this.#wrap(old_values) }),
    });
  }

  #refused({ code, message, ended, resumable }: LiveErrorMessage): void {
    const isOver = ended === true || this.#state === "asked" || code === "BATCH_FETCH_FAILED";
    if (!isOver) {
      this.#tell({ type: "error", subscription_id: this.id, code, message, ended: false });
      return;
    }
    const goesOn = resumable === true || code === "BATCH_FETCH_FAILED" || (this.#wasOpened && PASSING.has(code));
    if ((!goesOn && code !== MUST_RESNAPSHOT) || this.#restarts >= MAX_RESTARTS) {
      this.fail(code, message);
      this.#settings.over();
      return;
    }
    this.#state = "idle";
    this.#nextBatch = undefined;
    if (!goesOn) {
      this.#point.forget();
      this.#tell({ type: "must_resnapshot", subscription_id: this.id, reason: message });
    }
    this.#settings.later(this.#restarts++, () => {
      if (this.#state === "idle" && this.#isConnected) this.#ask();
    });
  }

  #tell(event: ServerMessage): void {
    callOut(() => this.#settings.callback(event));
  }

  #wrap(rows: readonly LiveRow[]): RowData[] {
    return rows.map((row) => wrapRowMap(this.#restored(row as NamedRow)));
  }

  /** A DOUBLE that was written as a long whole number was read as text, so that BIGINTs keep their digits. */
  #restored(row: NamedRow): NamedRow {
    for (const name of this.#approximate) {
      if (typeof row[name] === "string" && /^-?\d+$/.test(row[name])) row[name] = Number(row[name]);
    }
    return row;
  }
}

function approximateColumns(schema: readonly SchemaField[]): readonly string[] {
  return schema.filter(({ data_type }) => data_type === "Double" || data_type === "Float").map(({ name }) => name);
}
