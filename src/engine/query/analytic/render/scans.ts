import type { Random } from "../../../../runtime/random.ts";
import type { Row } from "../../../types/column-type.ts";
import type { KeyRange, Relation, RelationColumn } from "../../relation.ts";

/** One use of a relation in a statement. */
export interface Scan {
  /** Unguessable: 128 random bits in hex. It is what the table function finds the relation by. */
  readonly token: string;
  readonly relation: Relation;
  readonly columns: readonly ScanColumn[];
  /** The rows when they are in memory, as they were when the statement was rendered: the same moment for all its relations. */
  readonly rows: Iterable<readonly Row[]> | undefined;
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

  /**
   * Text for a FROM clause.
   * @param range bounds that every row asked for lies in; the whole relation where nothing better is known
   */
  place(relation: Relation, columns: readonly ScanColumn[], range: KeyRange): string {
    const token = Buffer.from(this.#random.bytes(16)).toString("hex");
    const rows = relation.scan(range, false);
    if (Symbol.asyncIterator in rows) this.#placed.push({ token, relation, columns, rows: undefined, waiting: rows });
    else this.#placed.push({ token, relation, columns, rows, waiting: undefined });
    return Symbol.iterator in rows ? `kalam_scan('${token}')` : `temp.main.${stagingTable(token)}`;
  }
}

export function stagingTable(token: string): string {
  return `"k_s${token}"`;
}
