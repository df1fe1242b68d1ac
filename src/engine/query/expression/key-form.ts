import { NULL_PART, type SecondaryIndex } from "../../rows/indexes/secondary-index.ts";
import { encodeKey } from "../../rows/key-codec.ts";
import type { ColumnType, Value } from "../../types/column-type.ts";
import type { RelationShape } from "../relation.ts";

/** How the values of some columns are a key: the primary one, or that of an index. */
export interface KeyForm {
  readonly slots: readonly number[];
  readonly types: readonly ColumnType[];
  /** Values of the leading columns. */
  encode(values: readonly Value[]): string;
  /** What stands for NULL, behind all values; undefined where there is none. */
  readonly nullPart?: string;
}

/** @param types of the key columns, in key order; none when the relation has no key */
export function keyFormOf(shape: RelationShape | undefined, types: readonly ColumnType[]): KeyForm {
  return { slots: shape?.keySlots ?? [], types, encode: (values) => encodeKey(types, values) };
}

export function indexFormOf(index: SecondaryIndex): KeyForm {
  return { slots: index.slots, types: index.types, encode: (values) => index.encode(values), nullPart: NULL_PART };
}
