import { personText } from "../examples/chat/text.ts";
import { SeededRandom } from "../src/runtime/random.ts";

/** The rows that reads are measured on: 500 conversations of 200 messages. */
export const CONVERSATIONS = 500;
export const MESSAGES_EACH = 200;

const COLUMNS = "conversation_id, id, sender, role, body";

/** The table as KalamDB makes it; PostgreSQL gets the same columns and the same key. */
export const KALAM_SCHEMA = `CREATE NAMESPACE IF NOT EXISTS bench;
CREATE USER TABLE bench.messages (${columns("JSON")})`;
export const POSTGRES_SCHEMA = `DROP TABLE IF EXISTS messages; CREATE TABLE messages (${columns("jsonb")})`;

function columns(json: string): string {
  return `conversation_id BIGINT NOT NULL, id BIGINT NOT NULL, sender TEXT NOT NULL, role TEXT NOT NULL,
  body TEXT NOT NULL, created_at TIMESTAMP NOT NULL DEFAULT NOW(), metadata ${json}, PRIMARY KEY (conversation_id, id)`;
}

/** A message of the usual length; the same text in every request, as only the server's work is of interest. */
const BODY = "Are we still on for lunch tomorrow? I could be there at 12:30 🙂";

export function insertSql(table: string, conversation: number | string, ids: readonly (number | string)[]): string {
  const rows = ids.map((id) => `(${conversation}, ${id}, 'mira_okafor_017', 'user', '${BODY}')`);
  return `INSERT INTO ${table} (${COLUMNS}) VALUES ${rows.join(", ")}`;
}

export function selectKeySql(table: string, conversation: number | string, id: number | string): string {
  return `SELECT ${COLUMNS} FROM ${table} WHERE conversation_id = ${conversation} AND id = ${id}`;
}

export function lastMessagesSql(table: string, conversation: number | string): string {
  return `SELECT ${COLUMNS} FROM ${table} WHERE conversation_id = ${conversation} ORDER BY id DESC LIMIT 50`;
}

export const AGGREGATE_SQL = (table: string): string =>
  `SELECT role, count(*) AS messages, avg(length(body)) AS length FROM ${table} GROUP BY role ORDER BY role`;

export interface Row {
  readonly conversation: number;
  readonly id: number;
  readonly sender: string;
  readonly role: string;
  readonly body: string;
}

/** The prepared rows of one conversation; the same in every run. */
export function conversationRows(conversation: number): Row[] {
  const random = new SeededRandom(conversation);
  return Array.from({ length: MESSAGES_EACH }, (_, n) => ({
    conversation,
    id: n + 1,
    sender: n % 2 === 0 ? "mira_okafor_017" : "heron-2",
    role: n % 2 === 0 ? "user" : "assistant",
    body: personText(random),
  }));
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** One INSERT for a whole conversation. */
export function prepareSql(table: string, conversation: number): string {
  const rows = conversationRows(conversation).map(
    (row) => `(${row.conversation}, ${row.id}, ${quoted(row.sender)}, ${quoted(row.role)}, ${quoted(row.body)})`,
  );
  return `INSERT INTO ${table} (${COLUMNS}) VALUES ${rows.join(", ")}`;
}
