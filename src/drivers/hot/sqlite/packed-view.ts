import { HEADER_BYTES, KIND, type PackedBatch, type PackedEntries } from "./packed-batch.ts";

/**
 * Whether a packed batch changes anything from `start` up to but not including `end`. Every read asks it of every batch that
 * waits, so it compares the bytes where they stand: a call of `compare` for each key took three times as long.
 */
export function touches({ data, starts }: PackedEntries, start: Buffer, end: Buffer): boolean {
  for (const place of starts) {
    const at = place - 1;
    const key = at + HEADER_BYTES;
    const keyEnd = key + keyBytes(data, at);
    if (compare(data, key, keyEnd, end) >= 0) continue;
    if (data[at] === 0x30 + KIND.removeRange) {
      if (compare(data, keyEnd, keyEnd + valueBytes(data, at), start) > 0) return true;
    } else if (compare(data, key, keyEnd, start) >= 0) return true;
  }
  return false;
}

/** Negative, 0 or positive as the bytes from `from` to `to` come before `other`, are the same, or come after it. */
function compare(data: Buffer, from: number, to: number, other: Buffer): number {
  const length = Math.min(to - from, other.length);
  for (let i = 0; i < length; i++) {
    const difference = (data[from + i] as number) - (other[i] as number);
    if (difference !== 0) return difference;
  }
  return to - from - other.length;
}

/** The batch that `data` was packed from, without its conditions' meaning: what was logged has none. */
export function viewPacked(data: Buffer): PackedBatch {
  const starts: number[] = [];
  let holds: PackedBatch["holds"] = "puts";
  for (let at = 0; at < data.length; at += HEADER_BYTES + keyBytes(data, at) + valueBytes(data, at)) {
    starts.push(at + 1);
    if (data[at] !== 0x30 + KIND.put) holds = "changes";
  }
  return { data, starts, holds };
}

/** Several batches as one that does what they do one after another. */
export function joinPacked(batches: readonly PackedBatch[]): PackedBatch {
  const [only] = batches;
  if (batches.length === 1 && only !== undefined) return only;
  const starts: number[] = [];
  let bytes = 0;
  for (const batch of batches) {
    for (const start of batch.starts) starts.push(start + bytes);
    bytes += batch.data.length;
  }
  const data = Buffer.concat(
    batches.map((batch) => batch.data),
    bytes,
  );
  return { data, starts, holds: batches.every(({ holds }) => holds === "puts") ? "puts" : "changes" };
}

function keyBytes(data: Buffer, at: number): number {
  return digits(data, at + 1, 6);
}

function valueBytes(data: Buffer, at: number): number {
  return digits(data, at + 7, 9);
}

function digits(data: Buffer, at: number, width: number): number {
  let number = 0;
  for (let i = at; i < at + width; i++) number = number * 10 + (data[i] as number) - 0x30;
  return number;
}
