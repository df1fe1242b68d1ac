import { KalamError } from "../../errors/index.ts";
import type { StatementResult } from "../request.ts";
import type { Row } from "../types/column-type.ts";

/** Refuses results above the configured ceiling; a result is never cut silently. */
export function limitRows(result: StatementResult, maximum: number): StatementResult {
  const { rows } = result;
  if (rows === undefined) return result;
  if (Symbol.asyncIterator in rows) return { ...result, rows: counted(rows, maximum) };
  if (rows.length > maximum) throw new KalamError("result_too_large", { maximum });
  return result;
}

async function* counted(rows: AsyncIterable<readonly Row[]>, maximum: number): AsyncIterable<readonly Row[]> {
  let count = 0;
  for await (const chunk of rows) {
    count += chunk.length;
    if (count > maximum) throw new KalamError("result_too_large", { maximum });
    yield chunk;
  }
}
