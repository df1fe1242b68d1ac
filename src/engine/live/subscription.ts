import { KalamError } from "../../errors/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import type {
  LiveBatch,
  LiveChange,
  LiveInfo,
  LiveQueryShape,
  LiveRequest,
  LiveSink,
  LiveSubscription,
} from "./contract.ts";
import type { LiveListener, LiveQuery } from "./live-query.ts";
import type { Snapshot } from "./snapshot.ts";

export interface SubscriptionParts {
  readonly id: string;
  readonly request: LiveRequest;
  readonly sink: LiveSink;
  readonly query: LiveQuery;
  readonly snapshot: Snapshot;
  /** Changes that are held back at most. */
  readonly maxHeld: number;
  readonly clock: Clock;
  /** Called once, when it is over. */
  readonly onEnd: () => void;
}

/**
 * One subscriber of a live query.
 *
 *     subscribe ──▶ holding back ──flow()──▶ flowing ──▶ over
 *                       │ too many changes                ▲ close(), KILL, DROP TABLE, …
 *                       └─────────────────────────────────┘
 */
export class Subscription implements LiveSubscription, LiveListener {
  readonly id: string;
  readonly request: LiveRequest;
  readonly query: LiveQueryShape;
  readonly #parts: SubscriptionParts;
  readonly #createdAt: bigint;
  /** Undefined when changes flow. */
  #held: LiveChange[] | undefined = [];
  #over = false;
  /** Whoever asked for it knows that it is there. */
  #begun = false;
  #reason: KalamError | undefined;
  #changes = 0n;
  #lastUpdate: bigint;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.request = parts.request;
    this.query = parts.query.shape;
    this.#createdAt = parts.clock.nowMicros();
    this.#lastUpdate = this.#createdAt;
    parts.query.listeners.add(this);
  }

  get info(): LiveInfo {
    const { connectionId, subscriptionId, principal, sql, options } = this.request;
    return {
      id: this.id,
      connectionId,
      subscriptionId,
      userId: principal.userId,
      namespace: this.query.namespace,
      table: this.query.table,
      sql,
      options,
      createdAt: this.#createdAt,
      lastUpdate: this.#lastUpdate,
      changes: this.#changes,
    };
  }

  /**
   * Resolves when the initial rows are chosen.
   * @throws KalamError also when the subscription was ended meanwhile
   */
  async begin(): Promise<void> {
    try {
      await this.#parts.snapshot.ready;
      if (this.#reason !== undefined) throw this.#reason;
      this.#begun = true;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  next(afterSeq?: bigint): Promise<LiveBatch> {
    if (this.#over) return Promise.reject(new KalamError("live_query_over", { id: this.id }));
    return this.#parts.snapshot.next(afterSeq);
  }

  deliver(change: LiveChange): void {
    const until = this.request.options?.until;
    if (this.#over || (until !== undefined && change.seq > until)) return;
    if (this.#held === undefined) this.#give(change);
    else if (this.#held.length < this.#parts.maxHeld) this.#held.push(change);
    else {
      const reason = `more than ${this.#parts.maxHeld} changes came before the initial rows were taken`;
      this.end(new KalamError("must_resnapshot", { reason }), false);
    }
  }

  #give(change: LiveChange): void {
    this.#changes++;
    this.#lastUpdate = this.#parts.clock.nowMicros();
    this.#parts.sink.change(change);
  }

  flow(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const change of held) {
      if (this.#over) return;
      this.#give(change);
    }
  }

  end(reason: KalamError, resumable: boolean): void {
    if (this.#over) return;
    this.#reason = reason;
    this.close();
    if (this.#begun) this.#parts.sink.ended({ code: reason.definition.code, message: reason.message, resumable });
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#held = undefined;
    this.#parts.query.listeners.delete(this);
    this.#parts.snapshot.close();
    this.#parts.onEnd();
  }
}
