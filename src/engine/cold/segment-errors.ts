import { KalamError } from "../../errors/index.ts";
import type { ReadableSegment } from "./readable-segment.ts";

/**
 * What DuckDB says of a file that is missing or damaged, as an error that names the segment by its place in the storage; undefined
 * when it speaks of none of these.
 */
export function unreadableSegment(error: unknown, segments: readonly ReadableSegment[]): KalamError | undefined {
  const text = error instanceof Error ? error.message : String(error);
  const segment = segments.find(({ file }) => text.includes(file));
  return segment === undefined ? undefined : unreadable(segment, error);
}

export function unreadable(segment: ReadableSegment, error: unknown): KalamError {
  const text = error instanceof Error ? error.message : String(error);
  const [first = ""] = text.split("\n");
  const reason = first.replaceAll(segment.file, segment.storagePath).trim();
  return new KalamError("segment_unreadable", { path: segment.storagePath, reason }, { cause: error });
}

/** Whether the statement failed for want of memory, which says nothing of the files it read. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Out of Memory Error");
}
