import type { Statement } from "./statement.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** `KILL JOB 'FL-0123456789ab'`, `KILL LIVE QUERY 'alice-c1-s1'`. */
export function parseKill(cursor: TokenCursor): Statement {
  cursor.expect("kill");
  const live = cursor.accept("live", "query");
  if (!live) cursor.expect("job");
  const position = cursor.peek()?.start ?? cursor.text.length;
  const job = cursor.string();
  cursor.end();
  if (live) return { kind: "kill_live_query", id: job, position };
  return { kind: "kill_job", job, position };
}

/** The ids of `SHOW JOBS ['FL-0123456789ab', …]`; undefined means all. */
export function parseJobIds(cursor: TokenCursor): readonly string[] | undefined {
  if (cursor.done) return undefined;
  const ids = [cursor.string()];
  while (cursor.accept(",")) ids.push(cursor.string());
  return ids;
}
