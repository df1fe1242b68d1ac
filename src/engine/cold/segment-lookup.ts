import type { DuckDBConnection } from "@duckdb/node-api";
import type { TableSchema } from "../catalog/table-schema.ts";
import { duckType } from "../duckdb/duck-type.ts";
import { duckApi } from "../duckdb/native.ts";
import { vectorType } from "../duckdb/vector-types.ts";
import { columnWriter, VECTOR_SIZE, vectorOf } from "../duckdb/vector-writer.ts";
import { decodeKey } from "../rows/key-codec.ts";
import type { ColumnType, Row, Value } from "../types/column-type.ts";
import { keyInSql, keyRangeSql } from "./key-range-sql.ts";
import { readParquet } from "./parquet-files.ts";
import type { ReadableSegment } from "./readable-segment.ts";
import { byLayout, type LayoutGroup } from "./segment-layout.ts";
import type { SegmentQueries, SegmentQuery } from "./segment-queries.ts";

/** More keys than this are joined as a table; fewer stand in the statement. */
const MAX_CONSTANTS = 32;
/** Keys that are worked on before the event loop gets a turn. */
const KEYS_PER_TURN = 1000;
const FILE_TYPE: ColumnType = { kind: "bigint" };

/** One key on its way from its newest candidate to its oldest. */
interface Wanted {
  readonly key: string;
  readonly values: readonly Value[];
  readonly candidates: readonly ReadableSegment[];
  /** How many candidates, from the oldest on, have not been asked. */
  left: number;
}

/**
 * Looks for keys in rounds: in each, every key that is still missing is asked of the newest segment that may have it and was not
 * asked yet. So a key costs as many files as it has newer segments without it, and many keys cost one statement a round and layout.
 */
export async function lookupKeys(
  queries: SegmentQueries,
  schema: TableSchema,
  wanted: ReadonlyMap<string, readonly ReadableSegment[]>,
  signal: AbortSignal | undefined,
): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  let missing: Wanted[] = [];
  for (const [key, candidates] of wanted) {
    missing.push({ key, values: decodeKey(schema.keyTypes, key), candidates, left: candidates.length });
    if (missing.length % KEYS_PER_TURN === 0) await queries.turn();
  }
  for (;;) {
    missing = missing.filter(({ key, left }) => left > 0 && !found.has(key));
    if (missing.length === 0) return found;
    const segments = new Set<ReadableSegment>();
    for (const one of missing) segments.add(nextCandidate(one));
    for (const group of byLayout(schema, [...segments])) await ask(queries, schema, group, missing, found, signal);
    for (const one of missing) one.left -= 1;
  }
}

function nextCandidate({ candidates, left }: Wanted): ReadableSegment {
  return candidates[left - 1] as ReadableSegment;
}

/** Asks the segments of a group for the keys that have their newest unasked candidate among them. */
async function ask(
  queries: SegmentQueries,
  schema: TableSchema,
  group: LayoutGroup,
  missing: readonly Wanted[],
  found: Map<string, Row>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const places = new Map(group.segments.map((segment, place) => [segment, place]));
  const asked = new Map<string, Row>();
  const keys: Row[] = [];
  for (const one of missing) {
    const place = places.get(nextCandidate(one));
    if (place === undefined) continue;
    const row = [...one.values, BigInt(place)];
    asked.set(one.key, row);
    keys.push(row);
    if (keys.length % KEYS_PER_TURN === 0) await queries.turn();
  }
  const many = keys.length > MAX_CONSTANTS;
  const query = lookupQuery(schema, group, keys, [...asked.keys()], many);
  const prepare = many
    ? (connection: DuckDBConnection) => fillKeys(connection, schema, keys, () => queries.turn())
    : undefined;
  for (const chunk of await queries.read(query, signal, prepare)) {
    if (many) await queries.turn();
    for (const answer of chunk) {
      const row = answer.slice(0, schema.slotCount);
      const key = schema.keyOf(row);
      if (asked.get(key)?.at(-1) === answer[schema.slotCount]) found.set(key, row);
    }
  }
}

function lookupQuery(
  schema: TableSchema,
  { layout, segments }: LayoutGroup,
  keys: readonly Row[],
  encoded: readonly string[],
  many: boolean,
): SegmentQuery {
  const outputs = slotsOf(schema);
  const select = outputs.map(({ slot }) => layout.slot(slot)).join(", ");
  const from = `SELECT ${select}, f.file_index FROM ${readParquet(segments)} AS f`;
  const query = {
    segments,
    outputs: [...outputs, { slot: schema.slotCount, type: FILE_TYPE }],
    slotCount: schema.slotCount + 1,
  };
  if (!many) return { ...query, sql: `${from} WHERE ${keyInSql(layout.keyParts, keys)}` };
  const same = layout.keyParts.map(({ sql }, at) => `${sql} = k.k${at}`).join(" AND ");
  const bounds = keyRangeSql(layout.keyParts, spanOf(encoded));
  return { ...query, sql: `${from} JOIN temp.k_keys AS k ON ${same} AND f.file_index = k.file WHERE ${bounds}` };
}

/** The columns of a table with their slots, `_seq` and `_deleted` among them. */
export function slotsOf(schema: TableSchema): { slot: number; type: ColumnType }[] {
  return schema.shape.columns.map(({ slot, type }) => ({ slot, type: type as ColumnType }));
}

function spanOf(keys: readonly string[]): { start: string; end: string } {
  let [first = "", last = ""] = [keys[0], keys[0]];
  for (const key of keys) {
    if (key < first) first = key;
    if (key > last) last = key;
  }
  return { start: first, end: `${last}\0` };
}

/** The keys as a table of the connection, each with the place of the file that is asked for it. */
async function fillKeys(
  connection: DuckDBConnection,
  schema: TableSchema,
  keys: readonly Row[],
  turn: () => Promise<void>,
): Promise<void> {
  const columns = [...schema.keyTypes, FILE_TYPE];
  const names = columns.map((type, at) => `${at === schema.keyTypes.length ? "file" : `k${at}`} ${duckType(type)}`);
  await connection.run(`CREATE OR REPLACE TEMPORARY TABLE k_keys (${names.join(", ")})`);
  const types = columns.map(vectorType);
  const writers = columns.map(columnWriter);
  const appender = await connection.createAppender("k_keys", "main", "temp");
  try {
    for (let from = 0; from < keys.length; from += VECTOR_SIZE) {
      const rows = keys.slice(from, from + VECTOR_SIZE);
      const chunk = duckApi().DuckDBDataChunk.create(types, rows.length);
      for (const [index, write] of writers.entries()) write(vectorOf(chunk.chunk, index), rows, rows.length);
      appender.appendDataChunk(chunk);
      await turn();
    }
  } finally {
    appender.closeSync();
  }
}
