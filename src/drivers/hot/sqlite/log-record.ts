import { crc32 } from "node:zlib";

/**
 * One batch in the commit log:
 *
 *     generation (8) | sequence (6) | bytes of the batch (4) | CRC-32 of all the rest (4) | packed batch
 *
 * The generation is a secret number of the store. It is what a record is found by among the remains of older ones, and since
 * nobody outside knows it, no value that a user stores can pass for a record. Sequences are counted up without gaps.
 */
export interface LogRecord {
  readonly sequence: number;
  /** The packed batch. */
  readonly data: Buffer;
}

export const GENERATION_BYTES = 8;
export const RECORD_HEADER_BYTES = GENERATION_BYTES + 14;

export function encodeRecord(generation: Buffer, { sequence, data }: LogRecord): Buffer {
  const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + data.length);
  record.set(generation, 0);
  record.writeUIntBE(sequence, GENERATION_BYTES, 6);
  record.writeUInt32BE(data.length, GENERATION_BYTES + 6);
  record.set(data, RECORD_HEADER_BYTES);
  record.writeUInt32BE(checksum(record), GENERATION_BYTES + 10);
  return record;
}

/** Every whole record in some bytes of a log, wherever it begins, in the order in which they stand. */
export function findRecords(bytes: Buffer, generation: Buffer): LogRecord[] {
  const found: LogRecord[] = [];
  for (let at = bytes.indexOf(generation); at >= 0; ) {
    const record = recordAt(bytes, at);
    if (record !== undefined) found.push(record);
    at = bytes.indexOf(generation, record === undefined ? at + 1 : at + RECORD_HEADER_BYTES + record.data.length);
  }
  return found;
}

function recordAt(bytes: Buffer, at: number): LogRecord | undefined {
  const begin = at + RECORD_HEADER_BYTES;
  if (begin > bytes.length) return undefined;
  const end = begin + bytes.readUInt32BE(at + GENERATION_BYTES + 6);
  if (end > bytes.length) return undefined;
  const expected = bytes.readUInt32BE(at + GENERATION_BYTES + 10);
  if (checksum(bytes.subarray(at, end)) !== expected) return undefined;
  return { sequence: bytes.readUIntBE(at + GENERATION_BYTES, 6), data: bytes.subarray(begin, end) };
}

function checksum(record: Buffer): number {
  return crc32(record.subarray(RECORD_HEADER_BYTES), crc32(record.subarray(0, GENERATION_BYTES + 10)));
}
