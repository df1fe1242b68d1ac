import { crc32 } from "node:zlib";
import type { ColumnType, Row, Value } from "../types/index.ts";
import { ByteReader, corrupt } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decodeSlot, encodeSlot, FORM_NULL, type Form, skipSlot } from "./slot-forms.ts";

/** One version of a row as it is stored. */
export interface StoredRow {
  readonly seq: bigint;
  readonly deleted: boolean;
  /** An older version of the same key may be in a segment. */
  readonly shadows: boolean;
  /** One per slot; shorter than the table has slots when the row was written before they were added. */
  readonly values: Value[];
}

const FORMAT = 1;
const FLAG_DELETED = 1;
const FLAG_SHADOWS = 2;
/** Where the seq stands: behind the format. */
const SEQ_AT = 1;
/** Where the flags stand: behind the format and the seq. */
const FLAGS_AT = 9;
const CHECKSUM_BYTES = 4;
/** Format, seq, flags, and the number of slots. */
const MIN_BYTES = 11;

/**
 * Rows as bytes for the hot store.
 *
 * ```
 * format 1 byte | seq 8 bytes | flags 1 byte | slots (varint) | form of each slot, 2 bits | values | CRC-32, 4 bytes
 * ```
 *
 * The form says how the value of a slot is stored, not of what type it is: nothing (NULL), a varint, 8 bytes, or a length and
 * bytes. So a reader can pass over a slot whose column has been dropped, and a column that was widened (INT to BIGINT, FLOAT
 * to DOUBLE) reads what was written before. Rows written before a column was added are shorter.
 *
 * A codec belongs to the slots of one version of a table. Bytes that cannot have been written by it are an error, always.
 */
export class RowCodec {
  readonly #slots: readonly (ColumnType | undefined)[];
  readonly #writer = new ByteWriter();
  readonly #formsWidth: number;

  /** @param slots the type of every slot; undefined where the column was dropped. */
  constructor(slots: readonly (ColumnType | undefined)[]) {
    this.#slots = slots;
    this.#formsWidth = (slots.length + 3) >>> 2;
  }

  encode(version: {
    readonly seq: bigint;
    readonly deleted: boolean;
    readonly shadows: boolean;
    readonly values: Row;
  }): Buffer {
    const writer = this.#writer;
    const slots = this.#slots;
    writer.reset();
    writer.byte(FORMAT);
    writer.int64(version.seq);
    writer.byte((version.deleted ? FLAG_DELETED : 0) | (version.shadows ? FLAG_SHADOWS : 0));
    writer.varint(slots.length);
    const forms = writer.reserve(this.#formsWidth);
    const values = version.values;
    for (let slot = 0; slot < slots.length; slot++) {
      const value = values[slot];
      const type = slots[slot];
      if (value === null || value === undefined || type === undefined) continue;
      writer.orByte(forms + (slot >>> 2), encodeSlot(writer, type, value) << ((slot & 3) * 2));
    }
    return seal(writer.written());
  }

  /** @throws data_corrupt */
  decode(bytes: Buffer): StoredRow {
    const { reader, seq, deleted, shadows, count, forms } = this.#open(bytes);
    const slots = this.#slots;
    const values: Value[] = new Array(count);
    for (let slot = 0; slot < count; slot++) {
      const form = formAt(bytes, forms, slot);
      const type = slots[slot];
      if (form === FORM_NULL) values[slot] = null;
      else if (type !== undefined) values[slot] = decodeSlot(reader, type, form);
      else {
        skipSlot(reader, form);
        values[slot] = null;
      }
    }
    if (!reader.atEnd) throw corrupt("a row has bytes behind its last value");
    return { seq, deleted, shadows, values };
  }

  /**
   * Goes through a stored row without making values of it.
   *
   * @param visit called for each slot that has a value, in turn; takes it off the reader
   * @throws data_corrupt
   */
  walk(bytes: Buffer, visit: SlotVisitor): StoredHead {
    const { reader, seq, deleted, shadows, count, forms } = this.#open(bytes);
    for (let slot = 0; slot < count; slot++) {
      const form = formAt(bytes, forms, slot);
      if (form === FORM_NULL) continue;
      if (this.#slots[slot] === undefined) skipSlot(reader, form);
      else visit(slot, form, reader);
    }
    if (!reader.atEnd) throw corrupt("a row has bytes behind its last value");
    return { seq, deleted, shadows, count };
  }

  #open(bytes: Buffer): StoredHead & { readonly reader: ByteReader; readonly forms: number } {
    const end = bytes.length - CHECKSUM_BYTES;
    if (end < MIN_BYTES) throw corrupt(`a row has only ${bytes.length} bytes`);
    if (bytes[0] !== FORMAT) throw corrupt(`a row has the unknown format ${bytes[0]}`);
    const checksum = new ByteReader(bytes, end, bytes.length).uint32();
    if (crc32(bytes.subarray(0, end)) !== checksum) throw corrupt("the checksum of a row is wrong");
    const reader = new ByteReader(bytes, 1, end);
    const seq = reader.int64();
    const flags = reader.byte();
    const count = reader.varint();
    if (count > this.#slots.length) throw corrupt(`a row has ${count} slots, its table ${this.#slots.length}`);
    return {
      reader,
      seq,
      deleted: (flags & FLAG_DELETED) !== 0,
      shadows: (flags & FLAG_SHADOWS) !== 0,
      count,
      forms: reader.skip((count + 3) >>> 2),
    };
  }
}

/** What stands before the values of a stored row. */
export interface StoredHead {
  readonly seq: bigint;
  readonly deleted: boolean;
  /** An older version of the same key may be in a segment. */
  readonly shadows: boolean;
  /** How many slots there are. */
  readonly count: number;
}

/** Takes the value of a slot off the reader, in the form it is stored in. */
export type SlotVisitor = (slot: number, form: Form, reader: ByteReader) => void;

function formAt(bytes: Buffer, forms: number, slot: number): Form {
  return (((bytes[forms + (slot >>> 2)] ?? 0) >>> ((slot & 3) * 2)) & 3) as Form;
}

/** Whether a stored row says that an older version of its key may be in a segment. */
/** The `_seq` of a stored row, without a look at the rest. */
export function seqOfStored(bytes: Buffer): bigint {
  return bytes.readBigInt64BE(SEQ_AT);
}

export function isShadowing(bytes: Buffer): boolean {
  return ((bytes[FLAGS_AT] ?? 0) & FLAG_SHADOWS) !== 0;
}

/** The same stored row, marked as hiding what a segment may have of its key. */
export function markShadowing(bytes: Buffer): Buffer {
  const marked = Buffer.from(bytes);
  marked[FLAGS_AT] = (marked[FLAGS_AT] ?? 0) | FLAG_SHADOWS;
  const end = marked.length - CHECKSUM_BYTES;
  marked.writeUInt32BE(crc32(marked.subarray(0, end)), end);
  return marked;
}

/** The bytes of a row in memory of their own, with the checksum behind them. */
function seal(row: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(row.length + CHECKSUM_BYTES);
  sealed.set(row);
  sealed.writeUInt32BE(crc32(row), row.length);
  return sealed;
}
