import type { ChangeFollower, RowChange } from "../rows/change-feed.ts";
import type { Partition } from "../rows/partition.ts";
import type { LiveQuery } from "./live-query.ts";
import { QueryIndex } from "./query-index.ts";

/** Whose rows a live query is over: one user's (the empty one's, where the table is shared), or everybody's. */
export type Whose = { readonly user: string } | "everybody";

/** The live queries over one table. */
export class LiveTable implements ChangeFollower {
  readonly #byUser = new Map<string, QueryIndex>();
  readonly #everybody = new QueryIndex();

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
    for (const change of changes) {
      index?.tell(partition, change);
      this.#everybody.tell(partition, change);
    }
  }
}
