import type { HotStore } from "../../drivers/hot/hot-store.ts";
import type { Partition } from "./partition.ts";
import { toBuffer } from "./store-keys.ts";

/**
 * What the store has under keys of a partition that is not in memory. A version that is missing may have moved to a segment of which
 * the manifest in memory does not know yet: then this waits until it does, so that whoever looks there next finds it.
 */
export async function storedVersions(
  store: HotStore,
  partition: Partition,
  keys: readonly string[],
): Promise<readonly (Buffer | undefined)[]> {
  const values = await store.get(keys.map((key) => toBuffer(partition.prefix + key)));
  if (values.includes(undefined)) await partition.snapshots.movesSettled(partition.prefix);
  return values;
}
