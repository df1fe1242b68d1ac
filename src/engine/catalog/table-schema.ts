import type { RelationColumn, RelationShape } from "../query/relation.ts";
import { SecondaryIndex } from "../rows/indexes/secondary-index.ts";
import { decodeKey, encodeKey } from "../rows/key-codec.ts";
import { RowCodec, type SlotVisitor, type StoredHead } from "../rows/row-codec.ts";
import { skipSlot } from "../rows/slot-forms.ts";
import type { ColumnType, Row, Value } from "../types/column-type.ts";
import { parseText } from "../types/index.ts";
import type { ColumnSpec, TableDefinition } from "./definitions.ts";

/** Slot of `_seq` in every row. */
export const SEQ_SLOT = 0;
/** Slot of `_deleted` in every row. */
export const DELETED_SLOT = 1;
const FIRST_COLUMN_SLOT = 2;

const SEQ_TYPE: ColumnType = { kind: "bigint" };
const DELETED_TYPE: ColumnType = { kind: "boolean" };

/**
 * A table definition made ready for work: slots, codecs, key.
 *
 *     slot 0     1         2          3        …
 *          _seq  _deleted  column 1   column 2      by column id, not by position: a dropped column leaves its slot empty
 *
 * Immutable; DDL makes a new one. Two objects with the same `definition.id` are the same table at different times.
 */
export class TableSchema {
  readonly definition: TableDefinition;
  /** `namespace.table` */
  readonly fullName: string;
  readonly shape: RelationShape;
  readonly slotCount: number;
  /** Slots of the key; `[SEQ_SLOT]` when the table has no primary key. */
  readonly keySlots: readonly number[];
  readonly keyTypes: readonly ColumnType[];
  /** Those that are being built included. */
  readonly indexes: readonly SecondaryIndex[];
  readonly #codec: RowCodec;
  readonly #missing: readonly Value[];
  #missingRow: Buffer | undefined;
  readonly #byName: ReadonlyMap<string, ColumnSpec>;

  constructor(definition: TableDefinition) {
    this.definition = definition;
    this.fullName = `${definition.namespace}.${definition.name}`;
    this.#byName = new Map(definition.columns.map((column) => [column.name, column]));
    this.slotCount = FIRST_COLUMN_SLOT + definition.nextColumnId - 1;

    const types = new Array<ColumnType | undefined>(this.slotCount).fill(undefined);
    const missing = new Array<Value>(this.slotCount).fill(null);
    for (const column of definition.columns) {
      types[columnSlot(column)] = column.type;
      if (column.missing !== undefined) missing[columnSlot(column)] = parseText(column.missing, column.type);
    }
    this.#codec = new RowCodec(types);
    this.#missing = missing;

    const key = definition.primaryKey.map((name) => this.requireColumn(name));
    this.keySlots = key.length === 0 ? [SEQ_SLOT] : key.map(columnSlot);
    this.keyTypes = key.length === 0 ? [SEQ_TYPE] : key.map((column) => column.type);
    this.indexes = (definition.indexes ?? []).map((index) => {
      const indexed = index.columns.map((id) => this.#requireColumnId(id));
      return new SecondaryIndex(
        index,
        indexed.map(columnSlot),
        indexed.map((column) => column.type),
      );
    });
    this.shape = {
      name: this.fullName,
      columns: [
        ...definition.columns.map(
          (column): RelationColumn => ({
            name: column.name,
            type: column.type,
            slot: columnSlot(column),
            hidden: false,
            notNull: column.notNull,
          }),
        ),
        { name: "_seq", type: SEQ_TYPE, slot: SEQ_SLOT, hidden: true, notNull: true },
        { name: "_deleted", type: DELETED_TYPE, slot: DELETED_SLOT, hidden: true, notNull: true },
      ],
      keySlots: this.keySlots,
    };
  }

  column(name: string): ColumnSpec | undefined {
    return this.#byName.get(name);
  }

  requireColumn(name: string): ColumnSpec {
    const column = this.#byName.get(name);
    if (column === undefined) throw new Error(`table ${this.fullName} has no column ${name}`);
    return column;
  }

  #requireColumnId(id: number): ColumnSpec {
    const column = this.definition.columns.find((candidate) => candidate.id === id);
    if (column === undefined) throw new Error(`table ${this.fullName} has no column with the id ${id}`);
    return column;
  }

  keyOf(row: Row): string {
    return encodeKey(
      this.keyTypes,
      this.keySlots.map((slot) => row[slot] ?? null),
    );
  }

  /**
   * The version as segments have it, from which its key can be told. A deletion in a table without a primary key has a `_seq` of
   * its own, while the key that it stands under is the `_seq` of the row that is gone: in segments it has that.
   */
  withKey(key: string, version: Row): Row {
    if (this.definition.primaryKey.length > 0 || version[DELETED_SLOT] !== true) return version;
    const row = [...version];
    row[SEQ_SLOT] = this.seqOfDeletion(key, row[SEQ_SLOT] as bigint);
    return row;
  }

  /** The `_seq` that a deletion has in segments. */
  seqOfDeletion(key: string, seq: bigint): bigint {
    return this.definition.primaryKey.length > 0 ? seq : (decodeKey(this.keyTypes, key)[0] as bigint);
  }

  /** @param shadows an older version of the key may be in a segment */
  encode(row: Row, shadows: boolean): Buffer {
    return this.#codec.encode({
      seq: row[SEQ_SLOT] as bigint,
      deleted: row[DELETED_SLOT] as boolean,
      shadows,
      values: row,
    });
  }

  /**
   * Goes through the values of a stored row that are not NULL, without making anything of them. Columns that are younger than the row
   * have their value then.
   *
   * @param visit takes the value of a slot off the reader
   */
  walk(bytes: Buffer, visit: SlotVisitor): StoredHead {
    const head = this.#codec.walk(bytes, visit);
    if (head.count < this.slotCount) {
      this.#missingRow ??= this.#codec.encode({ seq: 0n, deleted: false, shadows: false, values: this.#missing });
      this.#codec.walk(this.#missingRow, (slot, form, reader) => {
        if (slot < head.count) skipSlot(reader, form);
        else visit(slot, form, reader);
      });
    }
    return head;
  }

  /** Rows written under an older schema get the values that their later columns had when they were added. */
  decode(bytes: Buffer): Value[] {
    const version = this.#codec.decode(bytes);
    const row = version.values;
    for (let slot = row.length; slot < this.slotCount; slot++) row.push(this.#missing[slot] ?? null);
    row[SEQ_SLOT] = version.seq;
    row[DELETED_SLOT] = version.deleted;
    return row;
  }
}

export function columnSlot(column: ColumnSpec): number {
  return FIRST_COLUMN_SLOT + column.id - 1;
}

/** Whether rows that are written now must have a value in the column. */
export function refusesNull({ notNull, becomesNotNull }: ColumnSpec): boolean {
  return notNull || becomesNotNull === true;
}
