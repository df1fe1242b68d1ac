import { KalamError, toKalamError } from "../../errors/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import { snowflakeMillis } from "../../runtime/snowflake.ts";
import { requireTableAccess } from "../auth/permissions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
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
import { requireLiveAccess } from "./plan.ts";
import type { Snapshot } from "./snapshot.ts";
import type { UserFilter } from "./user-filter.ts";

export interface SubscriptionParts {
  readonly id: string;
  readonly request: LiveRequest;
  readonly sink: LiveSink;
  readonly query: LiveQuery;
  readonly snapshot: Snapshot;
  /** Whose changes count, where those of all users are followed. */
  readonly filter: UserFilter | undefined;
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
  readonly source: LiveQuery;
  readonly filter: UserFilter | undefined;
  readonly #parts: SubscriptionParts;
  readonly #createdAt: bigint;
  /** Undefined when changes flow. */
  #held: LiveChange[] | undefined = [];
  readonly #asking: LiveChange[] = [];
  #over = false;
  /** Whoever asked for it knows that it is there. */
  #begun = false;
  #reason: KalamError | undefined;
  #changes = 0;
  /** Of the last change that was given out. */
  #lastSeq: bigint | undefined;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.request = parts.request;
    this.source = parts.query;
    this.query = parts.query.shape;
    this.filter = parts.filter;
    this.#createdAt = parts.clock.nowMicros();
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
      lastUpdate: this.#lastSeq === undefined ? this.#createdAt : BigInt(snowflakeMillis(this.#lastSeq)) * 1000n,
      changes: BigInt(this.#changes),
      lastHeard: this.request.lastHeard?.() ?? null,
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
    const takes = this.filter === undefined || this.filter.known(change.user);
    if (takes === undefined || this.#asking.length > 0) this.#ask(change);
    else if (takes) this.#accept(change);
  }

  /** A change of a user of whom it is not known whether he counts: what comes after it waits as well. */
  #ask(change: LiveChange): void {
    if (this.#asking.push(change) > this.#parts.maxHeld)
      this.#tooMany("while the storage of their users was looked up");
    else if (this.#asking.length === 1) void this.#answer();
  }

  async #answer(): Promise<void> {
    try {
      for (;;) {
        const [change] = this.#asking;
        if (change === undefined || this.#over) return;
        const takes = (await this.filter?.takes(change.user)) === true;
        this.#asking.shift();
        if (takes && !this.#over) this.#accept(change);
      }
    } catch (error) {
      this.end(toKalamError(error), true);
    }
  }

  tableAltered(database: Database, schema: TableSchema): void {
    this.filter?.adopt(schema);
    const { principal } = this.request;
    try {
      requireTableAccess(principal.role, schema.definition, "read");
      requireLiveAccess(database, principal, schema);
    } catch (error) {
      this.end(toKalamError(error), false);
    }
  }

  #accept(change: LiveChange): void {
    if (this.#held === undefined) this.#give(change);
    else if (this.#held.length < this.#parts.maxHeld) this.#held.push(change);
    else this.#tooMany("before the initial rows were taken");
  }

  #tooMany(when: string): void {
    const reason = `more than ${this.#parts.maxHeld} changes came ${when}`;
    this.end(new KalamError("must_resnapshot", { reason }), false);
  }

  #give(change: LiveChange): void {
    this.#changes++;
    this.#lastSeq = change.seq;
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
    this.#asking.length = 0;
    this.#parts.query.listeners.delete(this);
    this.#parts.snapshot.close();
    this.#parts.onEnd();
  }
}
