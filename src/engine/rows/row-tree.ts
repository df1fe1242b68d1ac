import BTreeModule from "sorted-btree";
import type { Row } from "../types/column-type.ts";

// The package is CommonJS: under Node's ESM rules its class is the `default` of its exports.
const BTree = BTreeModule.default;

/** Rows by encoded key, in key order. A clone costs nothing until one of the two changes. */
export type RowTree = InstanceType<typeof BTree<string, Row>>;

export function newRowTree(): RowTree {
  return new BTree<string, Row>(undefined, compareKeys);
}

/** Keys are strings of bytes, so the order of UTF-16 units is that of the bytes. */
function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a === b ? 0 : 1;
}
