import type { Clock } from "../../runtime/clock.ts";
import { SEQ_SLOT } from "../catalog/table-schema.ts";
import type { ChangeFollower, RowChange } from "../rows/change-feed.ts";
import type { Partition } from "../rows/partition.ts";
import { isVolatile } from "../rows/partition-cache.ts";
import { streamExpiry } from "../rows/stream-expiry.ts";
import type { LiveQuery } from "./live-query.ts";
import { QueryIndex } from "./query-index.ts";

/** Whose rows a live query is over: one user's (the empty one's, where the table is shared), or everybody's. */
export type Whose = { readonly user: string } | "everybody";

/** The live queries over one table. */
export class LiveTable implements ChangeFollower {
  readonly #byUser = new Map<string, QueryIndex>();
  readonly #everybody = new QueryIndex();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#byUser.size === 0 && this.#everybody.size === 0;
  }

  *all(): Iterable<LiveQuery> {
    yield* this.#everybody.all();
    for (const index of this.#byUser.values()) yield* index.all();
  }

  find(whose: Whose, text: string): LiveQuery | undefined {
    return this.#index(whose)?.find(text);
  }

  add(whose: Whose, text: string, query: LiveQuery): void {
    let index = this.#index(whose);
    if (index === undefined) {
      index = new QueryIndex();
      if (whose !== "everybody") this.#byUser.set(whose.user, index);
    }
    index.add(text, query);
  }

  remove(whose: Whose, query: LiveQuery): void {
    const index = this.#index(whose);
    index?.remove(query);
    if (whose !== "everybody" && index?.size === 0) this.#byUser.delete(whose.user);
  }

  #index(whose: Whose): QueryIndex | undefined {
    return whose === "everybody" ? this.#everybody : this.#byUser.get(whose.user);
  }

  follows(partition: Partition): boolean {
    return this.#everybody.size > 0 || this.#byUser.has(partition.user);
  }

  tell(partition: Partition, changes: readonly RowChange[]): void {
    const index = this.#byUser.get(partition.user);
    const oldest = isVolatile(partition.schema) ? streamExpiry(partition.schema, this.#clock.now()) : undefined;
    for (const told of changes) {
      const change = oldest === undefined ? told : withoutExpired(told, oldest);
      index?.tell(partition, change);
      this.#everybody.tell(partition, change);
    }
  }
}

/** A stream row that has outlived its time is no longer there for anybody, swept or not. */
function withoutExpired(change: RowChange, oldest: bigint): RowChange {
  const { former } = change;
  return former !== undefined && (former[SEQ_SLOT] as bigint) < oldest ? { ...change, former: undefined } : change;
}
