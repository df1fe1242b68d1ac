import type { KeyRange, Relation, RelationColumn, RelationShape } from "../../../../src/engine/query/relation.ts";
import { encodeKey } from "../../../../src/engine/rows/key-codec.ts";
import type { ColumnType, ResultType, Row, Value } from "../../../../src/engine/types/column-type.ts";

export interface ColumnSpec {
  readonly name: string;
  readonly type: ResultType;
  readonly hidden?: boolean;
  readonly notNull?: boolean;
}

/** Slot 0 is taken by something that no query sees, so that slots and positions differ. */
export function shapeOf(name: string, columns: readonly ColumnSpec[], key: readonly string[] = []): RelationShape {
  const slots: RelationColumn[] = columns.map((column, at) => ({ hidden: false, ...column, slot: at + 1 }));
  const keySlots = key.map((part) => slots.find((column) => column.name === part)?.slot ?? -1);
  return { name, columns: slots, keySlots };
}

export function keyTypesOf(shape: RelationShape): ColumnType[] {
  return shape.keySlots.map((slot) => shape.columns.find((column) => column.slot === slot)?.type as ColumnType);
}

/** Rows in an array, in the order of their keys, that counts how often it was asked. */
export class ArrayRelation implements Relation {
  readonly shape: RelationShape;
  readonly #rows: readonly { key: string; row: Row }[];
  readonly #chunkRows: number;
  rowsGiven = 0;
  lookups = 0;

  constructor(shape: RelationShape, values: readonly (readonly Value[])[], chunkRows = 10) {
    this.shape = shape;
    this.#chunkRows = chunkRows;
    const types = keyTypesOf(shape);
    const rows = values.map((items, at) => {
      const row: Row = [BigInt(at), ...items];
      return {
        key: encodeKey(
          types,
          shape.keySlots.map((slot) => row[slot] as Value),
        ),
        row,
      };
    });
    if (types.length > 0) rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    this.#rows = rows;
  }

  get rowEstimate(): number {
    return this.#rows.length;
  }

  lookup(keys: readonly string[]): readonly Row[] {
    this.lookups++;
    return keys.flatMap((key) => this.#rows.filter((entry) => entry.key === key).map((entry) => entry.row));
  }

  *scan(range: KeyRange, reverse: boolean): Generator<readonly Row[]> {
    const inside = this.#rows.filter(
      ({ key }) => (range.start === undefined || key >= range.start) && (range.end === undefined || key < range.end),
    );
    if (reverse) inside.reverse();
    for (let at = 0; at < inside.length; at += this.#chunkRows) {
      const chunk = inside.slice(at, at + this.#chunkRows).map((entry) => entry.row);
      this.rowsGiven += chunk.length;
      yield chunk;
    }
  }
}

/** The same rows, given asynchronously. */
export class AsyncArrayRelation implements Relation {
  readonly shape: RelationShape;
  readonly rowEstimate = undefined;
  readonly #inner: ArrayRelation;
  closed = false;

  constructor(inner: ArrayRelation) {
    this.shape = inner.shape;
    this.#inner = inner;
  }

  lookup(keys: readonly string[]): Promise<readonly Row[]> {
    return Promise.resolve(this.#inner.lookup(keys));
  }

  async *scan(range: KeyRange, reverse: boolean): AsyncGenerator<readonly Row[]> {
    try {
      yield* this.#inner.scan(range, reverse);
    } finally {
      this.closed = true;
    }
  }
}
