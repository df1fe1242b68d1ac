import { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import { coldUsers } from "../cold/compaction/table-compaction.ts";
import { usersBelow } from "../cold/partitions.ts";
import type { Database } from "../database.ts";
import { isVolatile } from "../rows/partition-cache.ts";
import { tablePrefix } from "../rows/store-keys.ts";
import { checkedBatchSize, newest, projectionOf, rangeOf } from "./begin-snapshot.ts";
import type { LiveOptions } from "./contract.ts";
import type { LiveQuery } from "./live-query.ts";
import { PagedSnapshot, pagesOf } from "./paged-snapshot.ts";
import { isAllInMemory, queryRows, rowsInMemory, type SeqRange } from "./partition-rows.ts";
import { readyPartition, retrying } from "./ready-partition.ts";
import { versionsSince } from "./resume.ts";
import { bySeq, NoSnapshot, type Snapshot, type SnapshotEntry } from "./snapshot.ts";
import type { UserFilter } from "./user-filter.ts";

/** Rows that one pass over the partitions of a table collects. */
const PAGE_ROWS = 20_000;

/**
 * The rows of all users of a table, ascending by `_seq` over all of them, up to the `_seq` of this turn. Each page is a pass over the
 * partitions that keeps the first rows of all, so that memory has no more than a page, however many users there are.
 */
export function beginSnapshotOfAll(
  database: Database,
  schema: TableSchema,
  query: LiveQuery,
  filter: UserFilter | undefined,
  options: LiveOptions | undefined,
): Snapshot {
  if (options === undefined || options.batchSize === 0) return new NoSnapshot();
  const batchSize = checkedBatchSize(options);
  const project = projectionOf(query);
  const range = rangeOf(database, options);
  const all = new AllPartitions(database, schema, query, filter);
  const { from, lastRows } = options;
  if (from !== undefined && from > 0n) return new PagedSnapshot(pagesOf(all.since(range), batchSize, project));
  if (lastRows !== undefined) return new PagedSnapshot(pagesOf(all.newest(range, lastRows), batchSize, project));
  const read = (above: bigint, limit: number) => all.first({ ...range, above }, limit);
  return new PagedSnapshot({ read, project, pageSize: PAGE_ROWS, batchSize, above: range.above });
}

class AllPartitions {
  readonly #database: Database;
  readonly #schema: TableSchema;
  readonly #query: LiveQuery;
  readonly #filter: UserFilter | undefined;

  constructor(database: Database, schema: TableSchema, query: LiveQuery, filter: UserFilter | undefined) {
    this.#database = database;
    this.#schema = schema;
    this.#query = query;
    this.#filter = filter;
  }

  async since(range: SeqRange): Promise<readonly SnapshotEntry[]> {
    const { liveMaxResumeChanges: maximum } = this.#database.options;
    const entries: SnapshotEntry[] = [];
    for (const user of await this.#users()) {
      const found = await retrying(async () =>
        versionsSince(this.#database, await readyPartition(this.#database, this.#schema, user), this.#query, range),
      );
      for (const entry of found) entries.push(entry);
      if (entries.length > maximum) {
        throw new KalamError("must_resnapshot", { reason: `more than ${maximum} rows have changed since` });
      }
    }
    return entries.sort(bySeq);
  }

  async newest(range: SeqRange, count: number): Promise<readonly SnapshotEntry[]> {
    let entries: SnapshotEntry[] = [];
    for (const user of await this.#users()) {
      const above = entries.length < count ? range.above : (entries[0] as SnapshotEntry).seq;
      const found = await this.#rows(user, { ...range, above }, count, true);
      if (found.length > 0) entries = [...newest([...entries, ...found].sort(bySeq), count)];
    }
    return entries;
  }

  async first(range: SeqRange, limit: number): Promise<readonly SnapshotEntry[]> {
    let entries: SnapshotEntry[] = [];
    let { upTo } = range;
    for (const user of await this.#users()) {
      for (const entry of await this.#rows(user, { ...range, upTo }, limit, false)) entries.push(entry);
      if (entries.length < 2 * limit) continue;
      entries = entries.sort(bySeq).slice(0, limit);
      upTo = entries.at(-1)?.seq ?? upTo;
    }
    return entries.sort(bySeq).slice(0, limit);
  }

  #rows(user: string, range: SeqRange, limit: number, last: boolean): Promise<readonly SnapshotEntry[]> {
    return retrying(async () => {
      const partition = await readyPartition(this.#database, this.#schema, user);
      if (!isAllInMemory(partition)) return queryRows(this.#database, partition, this.#query, range, limit, last);
      const rows = await rowsInMemory(this.#database, partition, this.#query, range);
      return last ? newest(rows, limit) : rows.slice(0, limit);
    });
  }

  async #users(): Promise<readonly string[]> {
    const { cache, store } = this.#database;
    const { id } = this.#schema.definition;
    const users = new Set<string>();
    if (isVolatile(this.#schema)) for (const { user } of cache.ofTable(id)) users.add(user);
    else {
      for await (const user of usersBelow(store, tablePrefix(id))) users.add(user);
      for await (const user of coldUsers(this.#database, this.#schema)) users.add(user);
    }
    const wanted: string[] = [];
    for (const user of users) if ((await this.#filter?.takes(user)) !== false) wanted.push(user);
    return wanted;
  }
}
