import type { RowChange } from "../rows/change-feed.ts";
import type { Partition } from "../rows/partition.ts";
import type { ColumnType, Row } from "../types/column-type.ts";
import { keyIn, wantedKey } from "./equality.ts";
import type { LiveQuery } from "./live-query.ts";

/** Queries over one partition that ask for one value of one column. */
interface ColumnIndex {
  readonly slot: number;
  readonly type: ColumnType;
  readonly queries: Map<string, Set<LiveQuery>>;
}

/**
 * The queries over the rows of one user, or of all. A change finds those with an equality by the value that it has in that column,
 * before and after; only the others are asked one by one.
 *
 *     room = 'a' ─┐  by room   'a' → { … }   'b' → { … }        one look for each column, however many queries
 *     room = 'b' ─┘
 *     body LIKE … ── others    { … }                            each is evaluated
 */
export class QueryIndex {
  readonly #byColumn = new Map<number, ColumnIndex>();
  readonly #others = new Set<LiveQuery>();
  /** Equal queries are one. */
  readonly #byText = new Map<string, LiveQuery>();
  readonly #texts = new Map<LiveQuery, string>();

  get size(): number {
    return this.#texts.size;
  }

  all(): Iterable<LiveQuery> {
    return this.#texts.keys();
  }

  find(text: string): LiveQuery | undefined {
    return this.#byText.get(text);
  }

  /** @param text equal for queries that have equal answers */
  add(text: string, query: LiveQuery): void {
    this.#byText.set(text, query);
    this.#texts.set(query, text);
    const place = this.#placeOf(query);
    if (place === undefined) this.#others.add(query);
    else {
      const same = place.index.queries.get(place.key);
      if (same === undefined) place.index.queries.set(place.key, new Set([query]));
      else same.add(query);
    }
  }

  remove(query: LiveQuery): void {
    const text = this.#texts.get(query);
    if (text === undefined) return;
    this.#texts.delete(query);
    if (this.#byText.get(text) === query) this.#byText.delete(text);
    if (this.#others.delete(query)) return;
    const place = this.#placeOf(query);
    const same = place?.index.queries.get(place.key);
    if (place === undefined || same?.delete(query) !== true || same.size > 0) return;
    place.index.queries.delete(place.key);
    if (place.index.queries.size === 0) this.#byColumn.delete(place.index.slot);
  }

  #placeOf({
    plan: { equality },
    frame,
  }: LiveQuery): { readonly index: ColumnIndex; readonly key: string } | undefined {
    const key = equality && wantedKey(equality, frame);
    if (equality === undefined || key === undefined) return undefined;
    const known = this.#byColumn.get(equality.slot);
    if (known !== undefined) return { index: known, key };
    const index: ColumnIndex = { slot: equality.slot, type: equality.type, queries: new Map() };
    this.#byColumn.set(equality.slot, index);
    return { index, key };
  }

  tell(partition: Partition, change: RowChange): void {
    const { schema, user } = partition;
    for (const query of this.#others) query.tell(change, schema, user);
    for (const { slot, type, queries } of this.#byColumn.values()) {
      const after = keyIn(change.row, slot, type);
      const before = keyOf(change.former, slot, type);
      // A deletion has only its key columns; what it had elsewhere, its former version says.
      if (after !== undefined) for (const query of queries.get(after) ?? []) query.tell(change, schema, user);
      if (before === undefined || before === after) continue;
      for (const query of queries.get(before) ?? []) query.tell(change, schema, user);
    }
  }
}

function keyOf(row: Row | undefined, slot: number, type: ColumnType): string | undefined {
  return row && keyIn(row, slot, type);
}
