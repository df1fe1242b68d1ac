import type {
  LiveBatch,
  LiveChange,
  LiveColumn,
  LiveEnd,
  LiveRequest,
  LiveSink,
  LiveSubscription,
} from "../../engine/live/contract.ts";
import type { BatchControl, LiveErrorMessage } from "../../protocol/live.ts";
import { ChangeFrames } from "./change-frame.ts";
import { type Encoding, jsonFrame } from "./frames.ts";
import { acknowledgement, batchControl, batchFrame, cutBatch, goneFrame, type SentBatch } from "./initial-messages.ts";
import type { LiveSource } from "./live-source.ts";
import type { Outbox } from "./outbox.ts";

const NOTHING: SentBatch = { rows: [], source: [], gone: [], hasMore: false, lastSeq: null };

export interface LiveStreamOptions {
  readonly source: LiveSource;
  readonly request: LiveRequest;
  readonly outbox: Outbox;
  readonly encoding: Encoding;
  /** Rows that are gone are told in the batch, not behind it. */
  readonly goneInBatch: boolean;
  /** Called once, when nothing comes any more. */
  onEnd(): void;
}

/**
 * One subscription of one connection, as its client sees it: acknowledgement, batches of first rows as they are asked for, then
 * changes. The engine holds changes back until the last batch was sent. Its methods are called one after another.
 */
export class LiveStream implements LiveSink {
  readonly #options: LiveStreamOptions;
  readonly #changes: ChangeFrames;
  #subscription: LiveSubscription | undefined;
  #batch = 0;
  #loading = false;
  #lastSeq: bigint | null = null;
  #over = false;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    this.#changes = new ChangeFrames(options.request.subscriptionId, options.encoding);
  }

  /** @throws KalamError why there is no such subscription */
  open(): Promise<void> {
    return this.#options.outbox.inTurn(() => this.#open());
  }

  async #open(): Promise<void> {
    const { source, request, outbox, encoding } = this.#options;
    if (this.#over) return;
    const subscription = await source.subscribe(request, this);
    this.#subscription = subscription;
    if (this.#over) return subscription.close();
    const wanted = subscription.request.options !== undefined;
    const first = wanted ? cutBatch(subscription.query.columns, await subscription.next()) : NOTHING;
    if (this.#over) return;
    const control = batchControl(0, first);
    outbox.send(acknowledgement(encoding, request.subscriptionId, subscription.query, control));
    if (wanted) await this.#sendBatch(subscription, first, control);
    else subscription.flow();
  }

  /**
   * The next batch of first rows.
   *
   * @param after where the client stands; the end of the batch before when undefined
   * @throws KalamError why there is none
   */
  next(after: bigint | undefined): Promise<void> {
    return this.#options.outbox.inTurn(() => this.#next(after));
  }

  async #next(after: bigint | undefined): Promise<void> {
    const subscription = this.#subscription;
    if (subscription === undefined || this.#over) return;
    this.#batch++;
    const batch = this.#loading ? await subscription.next(after ?? this.#lastSeq ?? undefined) : this.#complete();
    if (this.#over) return;
    const sent = cutBatch(subscription.query.columns, batch);
    await this.#sendBatch(subscription, sent, batchControl(this.#batch, sent));
  }

  change(change: LiveChange): void {
    if (!this.#over) this.#options.outbox.send(this.#changes.of(change));
  }

  ended(reason: LiveEnd): void {
    if (this.#over) return;
    const message: LiveErrorMessage = {
      type: "error",
      subscription_id: this.#options.request.subscriptionId,
      code: reason.code,
      message: reason.message,
      ended: true,
      resumable: reason.resumable,
    };
    this.#options.outbox.send(jsonFrame(JSON.stringify(message), this.#options.encoding.gzip));
    this.#end();
  }

  /** The client wants no more. */
  close(): void {
    if (this.#over) return;
    this.#end();
    this.#subscription?.close();
  }

  #end(): void {
    this.#over = true;
    this.#options.onEnd();
  }

  /** A client that asks on after the last batch is told again that there is no more. */
  #complete(): LiveBatch {
    return { rows: [], gone: [], batch: this.#batch, hasMore: false, lastSeq: this.#lastSeq };
  }

  async #sendBatch(subscription: LiveSubscription, sent: SentBatch, control: BatchControl): Promise<void> {
    const { outbox, encoding, goneInBatch, request } = this.#options;
    const { columns } = subscription.query;
    const id = request.subscriptionId;
    const frame = await batchFrame(encoding, id, columns, sent, control, goneInBatch);
    if (this.#over) return;
    outbox.send(frame);
    if (!goneInBatch) this.#sendGone(columns, sent);
    this.#lastSeq = sent.lastSeq;
    const wasLoading = this.#loading || control.batch_num === 0;
    this.#loading = sent.hasMore;
    if (wasLoading && !sent.hasMore) subscription.flow();
  }

  #sendGone(columns: readonly LiveColumn[], { gone }: SentBatch): void {
    const { outbox, encoding, request } = this.#options;
    for (const row of gone) outbox.send(goneFrame(encoding, request.subscriptionId, columns, row));
  }
}
