import { KalamError } from "../../errors/index.ts";
import { filePattern } from "../duckdb/constants.ts";
import type { ReadableSegment } from "./readable-segment.ts";

/** What DuckDB says of a file that is missing or damaged, as an error that names the segment by its place in the storage. */
export function unreadableSegment(segment: ReadableSegment, error: unknown): KalamError {
  const [first = ""] = textOf(error).split("\n");
  const { file, storagePath } = segment;
  const reason = first.replaceAll(file, storagePath).replaceAll(filePattern(file), storagePath).trim();
  return new KalamError("segment_unreadable", { path: storagePath, reason }, { cause: error });
}

/** The segment that a message of DuckDB's names. */
export function namedSegment(error: unknown, segments: readonly ReadableSegment[]): ReadableSegment | undefined {
  const text = textOf(error);
  return segments.find(({ file }) => text.includes(file) || text.includes(filePattern(file)));
}

/** Whether the statement failed for want of memory, which says nothing of the files it read. */
export function isOutOfMemory(error: unknown): boolean {
  return textOf(error).startsWith("Out of Memory Error");
}

/** The message without the echo of the statement, which names all its files. */
function textOf(error: unknown): string {
  const [text = ""] = (error instanceof Error ? error.message : String(error)).split(/\n\s*LINE \d+:/);
  return text;
}
