import * as v from "valibot";
import { KalamError } from "../../errors/index.ts";
import { decodeBound, encodeBound } from "./bound-json.ts";
import { LAYOUT, WHOLE } from "./layouts.ts";
import type { ColumnStats, Manifest, Segment, SegmentColumn } from "./manifest.ts";

const FORMAT = 1;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const bigint = v.pipe(
  v.string(),
  v.regex(/^-?\d{1,20}$/),
  v.transform((text) => BigInt(text)),
);
const key = v.pipe(
  v.string(),
  v.regex(BASE64),
  v.transform((text) => Buffer.from(text, "base64").toString("latin1")),
);
/** A number as the name of a field. */
const number = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));
const bound = v.union([v.null(), v.boolean(), v.number(), v.string()]);

const SEGMENT = v.strictObject({
  path: v.pipe(v.string(), v.nonEmpty()),
  schema_version: WHOLE,
  min_seq: bigint,
  max_seq: bigint,
  row_count: WHOLE,
  deleted_count: WHOLE,
  hides: v.boolean(),
  size_bytes: WHOLE,
  created_at: WHOLE,
  first_key: key,
  last_key: key,
  column_stats: v.record(number, v.strictObject({ min: bound, max: bound, null_count: WHOLE })),
});

const MANIFEST = v.strictObject({
  format: v.literal(FORMAT),
  table_id: v.string(),
  table_number: WHOLE,
  user_id: v.nullable(v.pipe(v.string(), v.nonEmpty())),
  version: WHOLE,
  storage_id: v.string(),
  folder: v.string(),
  next_segment: WHOLE,
  created_at: WHOLE,
  updated_at: WHOLE,
  layouts: v.record(number, LAYOUT),
  segments: v.array(SEGMENT),
});

/**
 * A manifest as JSON, for the hot store and for `manifest.json`. Sequence numbers are text, because most readers of JSON round what is
 * beyond 2^53; keys are bytes in base64; bounds have the type that the layout gives their column.
 *
 * @param table `namespace.table`, for people
 */
export function encodeManifest(manifest: Manifest, table: string): Buffer {
  const document: v.InferInput<typeof MANIFEST> = {
    format: FORMAT,
    table_id: table,
    table_number: manifest.tableId,
    user_id: manifest.user === "" ? null : manifest.user,
    version: manifest.version,
    storage_id: manifest.storageId,
    folder: manifest.folder,
    next_segment: manifest.nextSegment,
    created_at: manifest.createdAt,
    updated_at: manifest.updatedAt,
    layouts: Object.fromEntries([...manifest.layouts].map(([version, columns]) => [version, [...columns]])),
    segments: manifest.segments.map(encodeSegment),
  };
  return Buffer.from(JSON.stringify(document));
}

/**
 * @param place where the bytes were found, for the message
 * @throws data_corrupt when a single field is missing, unknown, or of another form
 */
export function decodeManifest(bytes: Uint8Array, place = "(hot store)"): Manifest {
  const result = v.safeParse(MANIFEST, parse(bytes, place));
  if (!result.success) {
    const [issue] = result.issues;
    throw corrupt(place, `${v.getDotPath(issue) ?? "the document"}: ${issue.message}`);
  }
  const document = result.output;
  const layouts = new Map<number, readonly SegmentColumn[]>(
    Object.entries(document.layouts).map(([version, columns]) => [Number(version), columns]),
  );
  return {
    tableId: document.table_number,
    user: document.user_id ?? "",
    version: document.version,
    storageId: document.storage_id,
    folder: document.folder,
    nextSegment: document.next_segment,
    createdAt: document.created_at,
    updatedAt: document.updated_at,
    layouts,
    segments: document.segments.map((segment) => decodeSegment(segment, layouts, place)),
  };
}

function encodeSegment(segment: Segment): v.InferInput<typeof SEGMENT> {
  return {
    path: segment.path,
    schema_version: segment.schemaVersion,
    min_seq: segment.minSeq.toString(),
    max_seq: segment.maxSeq.toString(),
    row_count: segment.rowCount,
    deleted_count: segment.deletedCount,
    hides: segment.hides,
    size_bytes: segment.sizeBytes,
    created_at: segment.createdAt,
    first_key: Buffer.from(segment.firstKey, "latin1").toString("base64"),
    last_key: Buffer.from(segment.lastKey, "latin1").toString("base64"),
    column_stats: Object.fromEntries(
      [...segment.columnStats].map(([id, { min, max, nullCount }]) => [
        id,
        { min: encodeBound(min), max: encodeBound(max), null_count: nullCount },
      ]),
    ),
  };
}

function decodeSegment(segment: v.InferOutput<typeof SEGMENT>, layouts: Manifest["layouts"], place: string): Segment {
  const layout = layouts.get(segment.schema_version);
  if (layout === undefined) throw corrupt(place, `segment ${segment.path} has no layout`);
  const types = new Map(layout.map(({ id, type }) => [id, type]));
  const columnStats = new Map<number, ColumnStats>();
  for (const [name, stats] of Object.entries(segment.column_stats)) {
    const id = Number(name);
    const type = types.get(id);
    const min = type === undefined ? undefined : decodeBound(stats.min, type);
    const max = type === undefined ? undefined : decodeBound(stats.max, type);
    if (min === undefined || max === undefined) {
      throw corrupt(place, `segment ${segment.path} has bounds of column ${id} that are none of its type`);
    }
    columnStats.set(id, { min, max, nullCount: stats.null_count });
  }
  return {
    path: segment.path,
    schemaVersion: segment.schema_version,
    minSeq: segment.min_seq,
    maxSeq: segment.max_seq,
    rowCount: segment.row_count,
    deletedCount: segment.deleted_count,
    hides: segment.hides,
    sizeBytes: segment.size_bytes,
    createdAt: segment.created_at,
    firstKey: segment.first_key,
    lastKey: segment.last_key,
    columnStats,
  };
}

function parse(bytes: Uint8Array, place: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw corrupt(place, `the manifest is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function corrupt(place: string, reason: string): KalamError {
  return new KalamError("data_corrupt", { path: place, reason });
}
