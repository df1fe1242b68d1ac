import fc from "fast-check";
import type { ColumnSpec } from "../../../src/engine/catalog/definitions.ts";
import { columnSlot, DELETED_SLOT, SEQ_SLOT, type TableSchema } from "../../../src/engine/catalog/table-schema.ts";
import type { ReadableSegment } from "../../../src/engine/cold/readable-segment.ts";
import { parseText, type Row, type Value } from "../../../src/engine/types/index.ts";
import { column, type SegmentFolder, table, version } from "./segments.ts";

type Change = "add" | "add with a value" | "drop" | "drop and add" | "rename" | "rename the key" | "widen" | "nothing";

interface Flush {
  readonly changes: readonly Change[];
  /** Keys written, with how many letters their text has; none deletes. */
  readonly writes: readonly { readonly key: readonly [number, string]; readonly value: number | undefined }[];
  /** Whether a segment that hides nothing says that it may. */
  readonly careful: boolean;
}

const key = fc.tuple(fc.integer({ min: -3, max: 12 }), fc.constantFrom("a", "b", "ü"));

export const history: fc.Arbitrary<readonly Flush[]> = fc.array(
  fc.record({
    changes: fc.array(
      fc.constantFrom<Change>(
        "add",
        "add with a value",
        "drop",
        "drop and add",
        "rename",
        "rename the key",
        "widen",
        "nothing",
      ),
      { maxLength: 2 },
    ),
    writes: fc.uniqueArray(
      fc.record({ key, value: fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined, freq: 4 }) }),
      { selector: (write) => write.key.join(), minLength: 1, maxLength: 14 },
    ),
    careful: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A partition after a history: its segments as they were written, and what a reader should find. */
export interface Flushed {
  readonly schema: TableSchema;
  readonly segments: readonly ReadableSegment[];
  /** By encoded key, the newest version under the last schema. */
  readonly newest: ReadonlyMap<string, Row>;
}

/** Writes the history into segments, each under the schema of its time. */
export async function flushAll(folder: SegmentFolder, flushes: readonly Flush[], run: number): Promise<Flushed> {
  let columns: ColumnSpec[] = [
    column(1, "k", { kind: "integer" }),
    column(2, "t", { kind: "text" }),
    column(3, "n", { kind: "integer" }),
    column(4, "r", { kind: "real" }),
  ];
  let nextId = 5;
  let seq = 100n;
  const segments: ReadableSegment[] = [];
  const written = new Map<string, Map<number, Value> & { deleted?: boolean; seq?: bigint }>();
  for (const [at, { changes, writes, careful }] of flushes.entries()) {
    for (const change of changes) {
      columns = changed(change, columns, nextId);
      nextId = Math.max(nextId, ...columns.map(({ id }) => id + 1));
    }
    const schema = table(
      columns,
      columns.slice(0, 2).map(({ name }) => name),
      nextId,
    );
    let hides = careful;
    const rows = writes.map(({ key: [k, t], value }) => {
      seq += 1n;
      const values = columns.map((spec): Value => {
        if (spec.id === 1) return k;
        if (spec.id === 2) return t;
        return valueOf(spec, value ?? 0);
      });
      const row = version(schema, seq, value === undefined, values);
      const encoded = schema.keyOf(row);
      if (written.has(encoded)) hides = true;
      written.set(
        encoded,
        Object.assign(new Map(columns.map((spec) => [spec.id, row[columnSlot(spec)] ?? null])), {
          deleted: value === undefined,
          seq,
        }),
      );
      return row;
    });
    segments.push(await folder.write(schema, rows, hides, `run-${run}-${at}.parquet`));
  }
  const schema = table(
    columns,
    columns.slice(0, 2).map(({ name }) => name),
    nextId,
  );
  const newest = new Map<string, Row>();
  for (const [encoded, values] of written) {
    const row = new Array<Value>(schema.slotCount).fill(null);
    for (const spec of columns) row[columnSlot(spec)] = widened(values, spec);
    row[SEQ_SLOT] = values.seq ?? 0n;
    row[DELETED_SLOT] = values.deleted ?? false;
    newest.set(encoded, row);
  }
  return { schema, segments, newest };
}

function changed(change: Change, columns: readonly ColumnSpec[], id: number): ColumnSpec[] {
  const [k, t, first, ...rest] = columns as [ColumnSpec, ColumnSpec, ColumnSpec?, ...ColumnSpec[]];
  switch (change) {
    case "add":
      return [...columns, column(id, `c${id}`, { kind: "text" })];
    case "add with a value":
      return [...columns, column(id, `c${id}`, { kind: "decimal", precision: 9, scale: 2 }, { missing: "-1.50" })];
    case "drop":
      return first === undefined ? [...columns] : [k, t, ...rest];
    case "drop and add":
      if (first === undefined) return [...columns];
      return [k, t, ...rest, column(id, first.name, { kind: "text" }, { missing: "it's" })];
    case "rename":
      return first === undefined ? [...columns] : [k, t, { ...first, name: `${first.name}x` }, ...rest];
    case "rename the key":
      return [{ ...k, name: t.name }, { ...t, name: k.name }, ...columns.slice(2)];
    case "widen":
      return columns.map((spec) => {
        if (spec.id > 2 && spec.type.kind === "integer") return { ...spec, type: { kind: "bigint" } };
        return spec.type.kind === "real" ? { ...spec, type: { kind: "double" } } : spec;
      });
    case "nothing":
      return [...columns];
  }
}

function valueOf({ type, id }: ColumnSpec, seed: number): Value {
  if ((seed + id) % 7 === 0) return null;
  if (type.kind === "bigint") return BigInt(seed);
  if (type.kind === "decimal") return parseText(`${seed}.25`, type);
  return type.kind === "text" ? `v${seed}` : seed / (type.kind === "integer" ? 1 : 2);
}

function widened(values: ReadonlyMap<number, Value>, { id, type, missing }: ColumnSpec): Value {
  if (!values.has(id)) return missing === undefined ? null : parseText(missing, type);
  const value = values.get(id) ?? null;
  return typeof value === "number" && type.kind === "bigint" ? BigInt(value) : value;
}
