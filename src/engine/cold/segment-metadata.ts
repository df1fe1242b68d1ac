import * as v from "valibot";
import type { TableSchema } from "../catalog/table-schema.ts";
import { LAYOUT, layoutOf, WHOLE } from "./layouts.ts";
import type { SegmentColumn } from "./manifest.ts";

/** The key of the metadata of a Parquet file under which KalamDB keeps its own. */
export const METADATA_KEY = "kalamdb";

/** What a segment's file says of itself, so that it can be understood when its manifest is lost. */
export interface SegmentMetadata {
  readonly schemaVersion: number;
  readonly columns: readonly SegmentColumn[];
}

const METADATA = v.strictObject({ format: v.literal(1), schema_version: WHOLE, columns: LAYOUT });

export function encodeMetadata(schema: TableSchema): string {
  return JSON.stringify({ format: 1, schema_version: schema.definition.schemaVersion, columns: layoutOf(schema) });
}

/** Undefined for a text that is none of ours. */
export function decodeMetadata(text: string): SegmentMetadata | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = v.safeParse(METADATA, document);
  return result.success ? { schemaVersion: result.output.schema_version, columns: result.output.columns } : undefined;
}
