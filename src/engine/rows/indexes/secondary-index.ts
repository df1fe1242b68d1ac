import { KalamError } from "../../../errors/index.ts";
import type { IndexDefinition } from "../../catalog/definitions.ts";
import type { ColumnType, Row, Value } from "../../types/column-type.ts";
import { encodeKey, partEnd } from "../key-codec.ts";

/** Stands before a value. */
const VALUE = "\u0001";
/** Stands for NULL, which comes behind every value, as PostgreSQL orders it. */
export const NULL_PART = "\u0002";
/** PostgreSQL's limit for an entry of a B-tree. */
const MAX_VALUES_BYTES = 2704;

/**
 * An index made ready for work. An entry says: the row with this key has these values.
 *
 *     entry = values, one part a column | key of the row           part = 01 and the value as in a key, or 02 for NULL
 *
 * Entries are in the order of the values, and under equal values in the order of the keys. They are hints: whoever follows one
 * looks whether the row still is what the entry says, because entries of rows that moved to segments are swept out later.
 */
export class SecondaryIndex {
  readonly id: number;
  readonly name: string;
  /** Slots of the indexed columns, in the order of the index. */
  readonly slots: readonly number[];
  readonly types: readonly ColumnType[];
  /** All rows are in it; until then it is written and not read. */
  readonly ready: boolean;

  constructor(definition: IndexDefinition, slots: readonly number[], types: readonly ColumnType[]) {
    this.id = definition.id;
    this.name = definition.name;
    this.ready = definition.state === "ready";
    this.slots = slots;
    this.types = types;
  }

  /** The beginning of the entries of all rows with these values in the leading columns. */
  encode(values: readonly Value[]): string {
    let entry = "";
    for (const [part, value] of values.entries()) {
      entry += value === null ? NULL_PART : VALUE + encodeKey([this.types[part] as ColumnType], [value]);
    }
    return entry;
  }

  valuesOf(row: Row): string {
    return this.encode(this.slots.map((slot) => row[slot] ?? null));
  }

  entryOf(row: Row, key: string): string {
    return this.valuesOf(row) + key;
  }

  /** Where the key of the row begins in an entry. */
  keyStart(entry: string): number {
    let at = 0;
    for (const type of this.types) {
      const end = entry[at] === NULL_PART ? at + 1 : partEnd(type, entry, at + 1);
      if (end === undefined)
        throw new KalamError("data_corrupt", { path: `index ${this.name}`, reason: "a cut entry" });
      at = end;
    }
    return at;
  }

  /** @throws index_row_too_large */
  requireFitting(row: Row): void {
    const bytes = this.valuesOf(row).length;
    if (bytes > MAX_VALUES_BYTES) {
      throw new KalamError("index_row_too_large", { bytes, maximum: MAX_VALUES_BYTES, index: this.name });
    }
  }
}
