import { SNOWFLAKE_EPOCH_MS } from "../../runtime/snowflake.ts";
import type { TableSchema } from "../catalog/table-schema.ts";

/** The smallest `_seq` that a row of this stream may have now and still count. */
export function streamExpiry(schema: TableSchema, nowMillis: number): bigint {
  const ttl = schema.definition.ttlSeconds ?? 0;
  const oldestMillis = Math.max(0, nowMillis - ttl * 1000 - SNOWFLAKE_EPOCH_MS);
  return BigInt(oldestMillis) << 22n;
}
