import * as v from "valibot";
import type { TableSchema } from "../catalog/table-schema.ts";
import { STORABLE_KINDS } from "../types/column-type.ts";
import type { SegmentColumn } from "./manifest.ts";

/** A whole number that a document may hold. */
export const WHOLE = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const columnType = v.strictObject({
  kind: v.picklist(STORABLE_KINDS),
  length: v.exactOptional(WHOLE),
  precision: v.exactOptional(WHOLE),
  scale: v.exactOptional(WHOLE),
  dimensions: v.exactOptional(WHOLE),
});

/** The columns of a segment as they stand in documents. */
export const LAYOUT = v.array(v.strictObject({ id: WHOLE, name: v.pipe(v.string(), v.nonEmpty()), type: columnType }));

/** The columns of a segment that is written now. */
export function layoutOf(schema: TableSchema): readonly SegmentColumn[] {
  return schema.definition.columns.map(({ id, name, type }) => ({ id, name, type }));
}
