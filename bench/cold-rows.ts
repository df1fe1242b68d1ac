import { personText } from "../examples/chat/text.ts";
import { SeededRandom } from "../src/runtime/random.ts";

const COLUMNS = "conversation_id, id, sender, role, body, created_at, metadata";
const DEFINITION = `(conversation_id BIGINT NOT NULL, id BIGINT NOT NULL, sender TEXT NOT NULL, role TEXT NOT NULL,
  body TEXT NOT NULL, created_at TIMESTAMP NOT NULL, metadata JSON, PRIMARY KEY (conversation_id, id))`;

/** Everybody's rows in one table, and each user's own. */
export const COLD_SCHEMA = `CREATE NAMESPACE IF NOT EXISTS bench;
CREATE SHARED TABLE bench.cold ${DEFINITION};
CREATE USER TABLE bench.cold_users ${DEFINITION}`;

const MESSAGES_EACH = 200;

/** Rows `from` up to `to` as one INSERT; the same in every run. */
export function coldInsertSql(table: string, from: number, to: number): string {
  const random = new SeededRandom(from + 1);
  const rows: string[] = [];
  for (let n = from; n < to; n++) {
    const mine = n % 2 === 0;
    const body = personText(random).replaceAll("'", "''");
    const at = new Date(1_760_000_000_000 + n * 1000).toISOString();
    const metadata = n % 10 === 0 ? `'{"edited": true, "n": ${n}}'` : "NULL";
    rows.push(
      `(${Math.floor(n / MESSAGES_EACH)}, ${n % MESSAGES_EACH}, '${mine ? "mira_okafor_017" : "heron-2"}', ` +
        `'${mine ? "user" : "assistant"}', '${body}', '${at}', ${metadata})`,
    );
  }
  return `INSERT INTO ${table} (${COLUMNS}) VALUES ${rows.join(", ")}`;
}

/** Rows of the tables for lookups: their keys are at random. */
export const KEYS = 100_000;

export function keyTableSql(segments: 1 | 100): string {
  return `CREATE NAMESPACE IF NOT EXISTS bench;
CREATE SHARED TABLE bench.keys_${segments} (id BIGINT PRIMARY KEY, body TEXT NOT NULL)`;
}

/** The key of row `n`: neighbours in time are none in the order of keys. */
function keyOf(n: number): number {
  return (n * 7_368_787) % 1_000_003;
}

export function keyRowsSql(segments: 1 | 100, from: number, to: number): string {
  const random = new SeededRandom(from + 1);
  const rows = Array.from({ length: to - from }, (_, at) => {
    return `(${keyOf(from + at)}, '${personText(random).replaceAll("'", "''")}')`;
  });
  return `INSERT INTO bench.keys_${segments} VALUES ${rows.join(", ")}`;
}

export function keySql(segments: 1 | 100, n: number): string {
  return `SELECT id, body FROM bench.keys_${segments} WHERE id = ${keyOf(n)}`;
}
