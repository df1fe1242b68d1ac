import type { ColumnSpec } from "../catalog/definitions.ts";
import { columnSlot, DELETED_SLOT, SEQ_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import { quoteName, typedConstant } from "../duckdb/constants.ts";
import { duckType } from "../duckdb/duck-type.ts";
import { type ColumnType, parseText } from "../types/index.ts";
import type { KeyPart } from "./key-range-sql.ts";
import type { SegmentColumn } from "./manifest.ts";
import type { ReadableSegment } from "./readable-segment.ts";

/** Segments whose files have the same columns, so that one scan can read them together. */
export interface LayoutGroup {
  readonly layout: SegmentLayout;
  readonly segments: readonly ReadableSegment[];
}

/**
 * What the slots of a table are called in files of one layout. Columns are found by id: what was renamed since has its former name
 * there, what was widened its former type, what was added later the value that older rows have in it.
 */
export class SegmentLayout {
  readonly #schema: TableSchema;
  readonly #inFile: ReadonlyMap<number, SegmentColumn>;
  readonly #bySlot: ReadonlyMap<number, ColumnSpec>;
  /** The columns of the key, in its order. */
  readonly keyParts: readonly KeyPart[];

  constructor(schema: TableSchema, columns: readonly SegmentColumn[]) {
    this.#schema = schema;
    this.#inFile = new Map(columns.map((column) => [column.id, column]));
    this.#bySlot = new Map(schema.definition.columns.map((column) => [columnSlot(column), column]));
    this.keyParts = schema.keySlots.map((slot, part) => ({
      sql: this.slot(slot),
      type: schema.keyTypes[part] as ColumnType,
    }));
  }

  /** The value of a slot as text; the file's columns are those of `f`. */
  slot(slot: number): string {
    if (slot === SEQ_SLOT) return 'f."_seq"';
    if (slot === DELETED_SLOT) return 'f."_deleted"';
    const column = this.#bySlot.get(slot);
    if (column === undefined) throw new Error(`table ${this.#schema.fullName} has no column in slot ${slot}`);
    const stored = this.#inFile.get(column.id);
    if (stored === undefined) {
      return typedConstant(column.missing === undefined ? null : parseText(column.missing, column.type), column.type);
    }
    const name = `f.${quoteName(stored.name)}`;
    return readsAs(stored.type, column.type) ? name : `CAST(${name} AS ${duckType(column.type)})`;
  }
}

/** By layout, each in the order given. */
export function byLayout(schema: TableSchema, segments: readonly ReadableSegment[]): LayoutGroup[] {
  const groups = new Map<string, { layout: SegmentLayout; segments: ReadableSegment[] }>();
  const keys = new Map<readonly SegmentColumn[], string>();
  for (const segment of segments) {
    const { columns } = segment;
    const key = keys.get(columns) ?? JSON.stringify(columns);
    keys.set(columns, key);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { layout: new SegmentLayout(schema, columns), segments: [segment] });
    else group.segments.push(segment);
  }
  return [...groups.values()];
}

/** Parquet has no arrays of a fixed length: embeddings come back as lists. */
function readsAs(stored: ColumnType, wanted: ColumnType): boolean {
  return wanted.kind !== "embedding" && duckType(stored) === duckType(wanted);
}
