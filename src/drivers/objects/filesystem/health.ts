import { stat, statfs } from "node:fs/promises";
import { toKalamError } from "../../../errors/index.ts";
import type { Runtime } from "../../../runtime/runtime.ts";
import type { ObjectStore, StorageHealth } from "../object-store.ts";
import type { BoundedCalls } from "./bounded-calls.ts";

const CONTENT = Buffer.from("kalamdb");

/** Writes, reads, lists and deletes a small object of its own; one that does not work does not keep the others from being tried. */
export async function checkHealth(
  store: ObjectStore,
  base: string,
  calls: BoundedCalls,
  { clock, random }: Pick<Runtime, "clock" | "random">,
  extended: boolean,
): Promise<StorageHealth> {
  const start = clock.monotonic();
  let error: string | null = null;
  const attempt = async (work: () => Promise<boolean>): Promise<boolean> => {
    try {
      const works = await work();
      if (!works) error ??= "it does not give back what was put in";
      return works;
    } catch (failure) {
      const { key, values, message } = toKalamError(failure);
      error ??= key === "storage_unavailable" ? String(values.reason) : message;
      return false;
    }
  };
  const folder = ".storage-check";
  const path = `${folder}/${clock.nowMicros()}-${random.below(1_000_000_000)}`;
  const writable = await attempt(() => store.put(path, CONTENT).then(() => true));
  const readable = await attempt(async () => {
    const found = await store.get(path);
    return writable ? found?.equals(CONTENT) === true : true;
  });
  const listable = await attempt(async () => {
    const paths: string[] = [];
    for await (const object of store.list(folder)) paths.push(object.path);
    return !writable || paths.includes(path);
  });
  const deletable = await attempt(() => store.delete([path]).then(() => writable));
  const sizes = extended ? await volumeSizes(base, calls) : undefined;
  const works = writable && readable && listable && deletable;
  const reachable = works || (await attempt(() => calls.run(() => stat(base)).then(() => true)));
  return {
    status: works ? "healthy" : reachable ? "degraded" : "unreachable",
    readable,
    writable,
    listable,
    deletable,
    latencyMillis: Math.round(clock.monotonic() - start),
    totalBytes: sizes?.total ?? null,
    usedBytes: sizes?.used ?? null,
    error,
  };
}

async function volumeSizes(
  base: string,
  calls: BoundedCalls,
): Promise<{ readonly total: number; readonly used: number } | undefined> {
  try {
    const { blocks, bfree, bsize } = await calls.run(() => statfs(base));
    return { total: blocks * bsize, used: (blocks - bfree) * bsize };
  } catch {
    return undefined;
  }
}
