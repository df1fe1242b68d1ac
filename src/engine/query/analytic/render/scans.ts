import type { Random } from "../../../../runtime/random.ts";
import type { Row } from "../../../types/column-type.ts";
import type { KeyRange, Relation, RelationColumn } from "../../relation.ts";

/** One use of a relation in a statement. */
export interface Scan {
  /** Unguessable: 128 random bits in hex. It is what the table function finds the relation by. */
  readonly token: string;
  readonly relation: Relation;
  readonly columns: readonly ScanColumn[];
  /** Bounds that every row asked for lies in; the whole relation where nothing better is known. */
  readonly range: KeyRange;
  /** The rows when reading them must wait: they are staged in a temporary table first. */
  readonly waiting: AsyncIterable<readonly Row[]> | undefined;
}

export interface ScanColumn {
  /** Our name, unquoted. */
  readonly name: string;
  readonly column: RelationColumn;
  used: boolean;
}

/** The scans of one statement, in the order they were placed. */
export class Scans {
  readonly #random: Random;
  readonly #placed: Scan[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  get placed(): readonly Scan[] {
    return this.#placed;
  }

  /** Text for a FROM clause. */
  place(relation: Relation, columns: readonly ScanColumn[], range: KeyRange): string {
    const token = Buffer.from(this.#random.bytes(16)).toString("hex");
    const rows = relation.scan(range, false);
    const waiting = Symbol.asyncIterator in rows ? rows : undefined;
    this.#placed.push({ token, relation, columns, range, waiting });
    return waiting === undefined ? `kalam_scan('${token}')` : `temp.main.${stagingTable(token)}`;
  }
}

export function stagingTable(token: string): string {
  return `"k_s${token}"`;
}
