import type { ChatUser } from "./generate.ts";
import { MODELS } from "./vocabulary.ts";

type Cell = string | number | bigint | null;

/** A literal. `'` is doubled; a backslash is an ordinary character, as the standard has it. */
export function literal(cell: Cell): string {
  if (cell === null) return "NULL";
  return typeof cell === "string" ? `'${cell.replaceAll("'", "''")}'` : String(cell);
}

const time = (millis: number): string => new Date(millis).toISOString().replace("T", " ").replace("Z", "");

export interface Batch {
  readonly table: string;
  readonly rows: number;
  readonly sql: string;
}

function* batches(table: string, columns: string, rows: readonly (readonly Cell[])[], size: number): Generator<Batch> {
  for (let start = 0; start < rows.length; start += size) {
    const part = rows.slice(start, start + size);
    const values = part.map((row) => `(${row.map(literal).join(", ")})`).join(", ");
    yield { table, rows: part.length, sql: `INSERT INTO ${table} (${columns}) VALUES ${values}` };
  }
}

/** Statements of at most `size` rows that write everything of one user, in the order in which it happened. */
export function* userBatches(user: ChatUser, size: number): Generator<Batch> {
  yield* batches(
    "chat.conversations",
    "id, title, kind, model, created_at, last_message_at",
    user.conversations.map((c) => [c.id, c.title, c.kind, c.model, time(c.createdAt), time(c.lastMessageAt)]),
    size,
  );
  yield* batches(
    "chat.messages",
    "conversation_id, id, sender, role, body, created_at, metadata",
    user.messages.map((m) => [m.conversationId, m.id, m.sender, m.role, m.body, time(m.createdAt), m.metadata]),
    size,
  );
  yield* batches(
    "chat.presence",
    "status, device",
    user.presence.map((p) => [p.status, p.device]),
    size,
  );
  yield* batches(
    "chat.typing",
    "conversation_id, who",
    user.typing.map((t) => [t.conversationId, t.who]),
    size,
  );
  yield* batches(
    "chat.thinking",
    "conversation_id, step, thought",
    user.thinking.map((t) => [t.conversationId, t.step, t.thought]),
    size,
  );
}

export function modelBatches(): Generator<Batch> {
  const rows = MODELS.map((model) => [model.name, model.provider, model.contextTokens, model.description]);
  return batches("chat.models", "name, provider, context_tokens, description", rows, 100);
}

/** Runs `sql` on the rows of `user`. */
export function asUser(user: string, sql: string): string {
  return `EXECUTE AS USER ${literal(user)} (${sql})`;
}
