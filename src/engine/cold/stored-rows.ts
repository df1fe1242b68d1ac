import type { DataChunk } from "@duckdb/node-bindings";
import { columnSlot, type TableSchema } from "../catalog/table-schema.ts";
import { duckBindings } from "../duckdb/native.ts";
import { VECTOR_SIZE, vectorOf } from "../duckdb/vector-writer.ts";
import type { SlotVisitor } from "../rows/row-codec.ts";
import { skipSlot } from "../rows/slot-forms.ts";
import type { SegmentKeys } from "./segment-keys.ts";
import { CHUNK_BYTES, type RowBatch } from "./segment-staging.ts";
import { type StoredColumn, storedColumn } from "./stored-columns.ts";

/** A row as the hot store has it. */
export interface StoredEntry {
  /** Encoded key, without the prefix of the partition. */
  readonly key: string;
  readonly value: Buffer;
}

/**
 * Rows as the hot store has them on their way into a segment: from bytes to bytes where that is possible, without making values and
 * rows of them.
 */
export class StoredRows {
  readonly #schema: TableSchema;
  readonly #keys: SegmentKeys;
  readonly #seqs = new BigInt64Array(VECTOR_SIZE);
  readonly #deletions = new Uint8Array(VECTOR_SIZE);
  /** Of the table's columns, as they follow `_seq` and `_deleted` in the file. */
  readonly #columns: readonly StoredColumn[];
  readonly #visit: SlotVisitor;
  /** Place in the vectors of the row that is gone through. */
  #at = 0;

  constructor(schema: TableSchema, keys: SegmentKeys) {
    this.#schema = schema;
    this.#keys = keys;
    const bySlot = new Array<StoredColumn | undefined>(schema.slotCount).fill(undefined);
    this.#columns = schema.definition.columns.map((column) => {
      const stored = storedColumn(column.type);
      bySlot[columnSlot(column)] = stored;
      return stored;
    });
    this.#visit = (slot, form, reader) => {
      const column = bySlot[slot];
      if (column === undefined) skipSlot(reader, form);
      else column.take(this.#at, form, reader);
    };
  }

  batch(entries: readonly StoredEntry[]): RowBatch {
    let bytes = 0;
    for (const { value } of entries) bytes += value.length;
    return { count: entries.length, bytes, fill: (chunk, from) => this.#fill(chunk, entries, from) };
  }

  #fill(chunk: DataChunk, entries: readonly StoredEntry[], from: number): number {
    let count = 0;
    let bytes = 0;
    while (count < VECTOR_SIZE && bytes < CHUNK_BYTES) {
      const entry = entries[from + count];
      if (entry === undefined) break;
      this.#keys.add(entry.key);
      this.#at = count;
      const { seq, deleted } = this.#schema.walk(entry.value, this.#visit);
      this.#seqs[count] = deleted ? this.#schema.seqOfDeletion(entry.key, seq) : seq;
      this.#deletions[count] = deleted ? 1 : 0;
      bytes += entry.value.length;
      count++;
    }
    duckBindings().copy_data_to_vector(vectorOf(chunk, 0), 0, this.#seqs.buffer, 0, 8 * count);
    duckBindings().copy_data_to_vector(vectorOf(chunk, 1), 0, this.#deletions.buffer, 0, count);
    for (const [index, column] of this.#columns.entries()) column.write(vectorOf(chunk, index + 2), count);
    return count;
  }
}
