import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { decodeKey, keySuccessor } from "../rows/key-codec.ts";
import { fromBuffer, toBuffer } from "../rows/store-keys.ts";
import { StalePlan } from "../stale-plan.ts";
import type { ColumnType } from "../types/column-type.ts";

/** So many partitions may fail before work on a table is given up: a storage that is gone fails for everybody. */
const MAX_FAILURES = 20;

const TEXT: readonly ColumnType[] = [{ kind: "text" }];

/**
 * The users that have an entry below the prefix of a table, in the order of their names in bytes; the empty one for a shared
 * table. Each costs one look into the store, however many entries it has.
 *
 * @param prefix kind and table id: `tablePrefix(id)`, or the same for manifests
 */
export async function* usersBelow(store: HotStore, prefix: string): AsyncGenerator<string, void, undefined> {
  const end = toBuffer(keySuccessor(prefix) as string);
  let start = prefix;
  for (;;) {
    const [entry] = await store.scan({ start: toBuffer(start), end, limit: 1 });
    if (entry === undefined) return;
    const key = fromBuffer(entry.key);
    const behind = key.indexOf("\0", prefix.length) + 1;
    yield String(decodeKey(TEXT, key.slice(prefix.length, behind))[0]);
    const next = keySuccessor(key.slice(0, behind));
    if (next === undefined) return;
    start = next;
  }
}

/**
 * Works on one partition after another. One that fails, over a damaged file or a storage of its own, does not keep the others from
 * being worked on.
 * @throws what failed first
 */
export async function forEachUser(
  users: AsyncIterable<string>,
  signal: AbortSignal,
  work: (user: string) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for await (const user of users) {
    signal.throwIfAborted();
    try {
      await work(user);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error);
      if (error instanceof StalePlan || failures.length === MAX_FAILURES) break;
    }
  }
  if (failures.length > 0) throw failures[0];
}
