import type { Random } from "../../../../runtime/random.ts";
import type { ReadableSegment } from "../../../cold/readable-segment.ts";
import { liveRowsSql } from "../../../cold/segment-sql.ts";
import type { Row } from "../../../types/column-type.ts";
import type { KeyRange, Relation, RelationColumn, RelationParts, RowBounds } from "../../relation.ts";

type Rows = Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>;

/** One use of rows in a statement. */
export interface Scan {
  /** Unguessable: 128 random bits in hex. It is what the table function finds the rows by. */
  readonly token: string;
  /** Of the relation, for EXPLAIN. */
  readonly name: string;
  /** A guess; undefined when nobody knows. */
  readonly rowEstimate: number | undefined;
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
  readonly #placedParts: RelationParts[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  get placed(): readonly Scan[] {
    return this.#placed;
  }

  /** The relations of which something is cold. */
  get placedParts(): readonly RelationParts[] {
    return this.#placedParts;
  }

  /** The segments that the statement reads. */
  get segments(): readonly ReadableSegment[] {
    return [...new Set(this.#placedParts.flatMap(({ segments, hiding }) => [...segments, ...hiding]))];
  }

  /** The statement has ended: the files that it read may go. */
  release(): void {
    for (const { hold } of this.#placedParts) hold.release();
  }

  /**
   * Text for a FROM clause.
   * @param bounds of the rows that are asked for
   */
  place(relation: Relation, columns: readonly ScanColumn[], bounds: RowBounds): string {
    const parts = relation.parts?.(bounds);
    const { shape, rowEstimate } = relation;
    if (parts === undefined)
      return this.#placeRows(shape.name, relation.scan(bounds.range, false), columns, rowEstimate);
    this.#placedParts.push(parts);
    return this.#placeParts(parts, columns, bounds.range);
  }

  /** Hot rows and the segments as one relation. */
  #placeParts(parts: RelationParts, columns: readonly ScanColumn[], range: KeyRange): string {
    const { schema, segments, hiding } = parts;
    const used = columns.filter((column) => column.used);
    const hot = this.#placeRows(schema.fullName, parts.hot, columns, undefined);
    if (segments.length === 0) return hot;
    const names = used.map(({ name }) => `"${name}"`);
    const cold = liveRowsSql({
      schema,
      segments,
      hiding,
      columns: used,
      range,
      hotShadows: parts.shadows === undefined ? undefined : this.#placeShadows(parts.shadows, parts),
    });
    if (used.length === 0) return `(SELECT TRUE AS "k_row" FROM ${hot} UNION ALL SELECT TRUE FROM ${cold})`;
    return `(SELECT ${names.join(", ")} FROM ${hot} UNION ALL SELECT ${names.join(", ")} FROM ${cold})`;
  }

  /** The keys of hot versions, as columns k0, k1 … */
  #placeShadows(shadows: Rows, { schema }: RelationParts): string {
    const columns = schema.keySlots.flatMap((slot, index): ScanColumn[] => {
      const column = schema.shape.columns.find((candidate) => candidate.slot === slot);
      return column === undefined ? [] : [{ name: `k${index}`, column, used: true }];
    });
    return this.#placeRows(schema.fullName, shadows, columns, undefined);
  }

  #placeRows(name: string, rows: Rows, columns: readonly ScanColumn[], rowEstimate: number | undefined): string {
    const token = Buffer.from(this.#random.bytes(16)).toString("hex");
    const scan = { token, name, rowEstimate, columns };
    if (Symbol.asyncIterator in rows) this.#placed.push({ ...scan, rows: undefined, waiting: rows });
    else this.#placed.push({ ...scan, rows, waiting: undefined });
    return Symbol.iterator in rows ? `kalam_scan('${token}')` : `temp.main.${stagingTable(token)}`;
  }
}

export function stagingTable(token: string): string {
  return `"k_s${token}"`;
}
