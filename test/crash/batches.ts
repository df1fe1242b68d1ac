import type { Entry, HotStore, WriteBatch } from "../../src/drivers/hot/hot-store.ts";

/**
 * The batches that the crash tests write. Batch `n` has its own number of entries, moves the head on under a condition and
 * removes batch `n - 20` by range, so that one of every kind of change is in it and its traces can be told apart.
 */
const HEAD = Buffer.from("head");
const KEPT = 20;

export function batchOf(n: number): WriteBatch {
  const puts: Entry[] = [{ key: HEAD, value: Buffer.from(String(n)) }];
  for (let i = 0; i < entriesOf(n); i++) {
    puts.push({ key: Buffer.from(`batch ${padded(n)} ${i}`), value: Buffer.alloc((n * 37 + i * 11) % 900, n & 0xff) });
  }
  const old = n - KEPT;
  return {
    puts,
    conditions: [{ key: HEAD, expected: n === 1 ? undefined : Buffer.from(String(n - 1)) }],
    ...(old > 0
      ? { deleteRanges: [[Buffer.from(`batch ${padded(old)} `), Buffer.from(`batch ${padded(old)}!`)]] }
      : {}),
  };
}

/** The number of the newest batch in the store; 0 when there is none. */
export async function headOf(store: HotStore): Promise<number> {
  const [head] = await store.get([HEAD]);
  return Number(head?.toString() ?? 0);
}

/** What is wrong in the store, given its head: nothing in a sound one. */
export async function flawsOf(store: HotStore): Promise<string[]> {
  const head = await headOf(store);
  const expected = new Map<string, Buffer>();
  for (let n = Math.max(1, head - KEPT + 1); n <= head; n++) {
    for (const { key, value } of batchOf(n).puts.slice(1)) expected.set(key.toString(), value);
  }
  const flaws: string[] = [];
  const range = { start: Buffer.from("batch "), end: Buffer.from("batch!"), limit: 1_000_000 };
  for (const { key, value } of await store.scan(range)) {
    const name = key.toString();
    if (!expected.get(name)?.equals(value)) flaws.push(`unexpected or changed: ${name}`);
    expected.delete(name);
  }
  for (const name of expected.keys()) flaws.push(`missing: ${name}`);
  return flaws;
}

function entriesOf(n: number): number {
  return n % 7 === 0 ? 400 : (n * 13) % 60;
}

function padded(n: number): string {
  return String(n).padStart(8, "0");
}
