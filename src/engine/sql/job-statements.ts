import type { Statement } from "./statement.ts";
import type { TokenCursor } from "./token-cursor.ts";
import { unsupported } from "./unsupported.ts";

/** `KILL JOB 'FL-0123456789ab'`. */
export function parseKill(cursor: TokenCursor): Statement {
  cursor.expect("kill");
  if (cursor.peek()?.value === "live") throw unsupported(cursor.text);
  cursor.expect("job");
  const position = cursor.peek()?.start ?? cursor.text.length;
  const job = cursor.string();
  cursor.end();
  return { kind: "kill_job", job, position };
}

/** The ids of `SHOW JOBS ['FL-0123456789ab', …]`; undefined means all. */
export function parseJobIds(cursor: TokenCursor): readonly string[] | undefined {
  if (cursor.done) return undefined;
  const ids = [cursor.string()];
  while (cursor.accept(",")) ids.push(cursor.string());
  return ids;
}
