import { filePattern, quoteText } from "../duckdb/constants.ts";
import type { ReadableSegment } from "./readable-segment.ts";

/** The rows of Parquet files of one layout, in order, for a FROM clause. */
export function readParquet(segments: readonly Pick<ReadableSegment, "file">[]): string {
  const files = segments.map(({ file }) => fileLiteral(file)).join(", ");
  // A folder called `a=1` is part of a path here and no column.
  return `read_parquet([${files}], hive_partitioning = false)`;
}

/** The one place where a path becomes text for DuckDB. */
export function fileLiteral(path: string): string {
  return quoteText(filePattern(path));
}
