import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import { keySuccessor } from "../../rows/key-codec.ts";
import { tablePrefix, toBuffer } from "../../rows/store-keys.ts";

const CHUNK = 2000;

interface Known {
  /** Hot rows when they were last counted, which may have been up to the limit only. */
  counted: number;
  /** Rows written when they were counted, as the cache tells them. */
  writtenThen: number;
  /** Milliseconds, monotonic: when the table was last seen without hot rows, or flushed. */
  since: number;
}

/**
 * Looks for tables whose flush policy says that it is time: so many hot rows, or so many seconds since the last flush. Rows are
 * only counted where the writes since the last count could have reached the limit.
 */
export class FlushCheck {
  readonly #database: Database;
  readonly #known = new Map<number, Known>();

  constructor(database: Database) {
    this.#database = database;
  }

  async run(): Promise<void> {
    const { catalog, jobs, runtime } = this.#database;
    for (const id of this.#known.keys()) if (catalog.tableById(id) === undefined) this.#known.delete(id);
    for (const schema of catalog.tables()) {
      const { definition } = schema;
      if (definition.flushPolicy === undefined || definition.kind === "stream") continue;
      if (!(await this.#isDue(schema))) continue;
      await jobs.create(
        "flush",
        { table_id: schema.fullName, table_type: definition.kind === "shared" ? "Shared" : "User" },
        { idempotencyKey: `flush-${schema.fullName}` },
      );
    }
    await runtime.milestones.reach("flush.checked");
  }

  async #isDue(schema: TableSchema): Promise<boolean> {
    const { id, flushPolicy } = schema.definition;
    const { cache, options, runtime } = this.#database;
    const now = runtime.clock.monotonic();
    const written = cache.writesTo(id);
    const known = this.#known.get(id) ?? { counted: Number.POSITIVE_INFINITY, writtenThen: written, since: now };
    this.#known.set(id, known);
    const limit = flushPolicy?.rows ?? options.flushDefaultRows;
    const seconds = flushPolicy?.intervalSeconds;
    const timeIsUp = seconds !== undefined && now - known.since >= seconds * 1000;
    if (!timeIsUp && known.counted + written - known.writtenThen < limit) return false;
    known.counted = await this.#count(schema, timeIsUp ? 1 : limit);
    known.writtenThen = written;
    if (known.counted === 0) known.since = now;
    if (known.counted < (timeIsUp ? 1 : limit)) return false;
    known.since = now;
    return true;
  }

  /** Hot rows of a table, deletions included, at most `limit`. */
  async #count(schema: TableSchema, limit: number): Promise<number> {
    const prefix = tablePrefix(schema.definition.id);
    const end = toBuffer(keySuccessor(prefix) as string);
    let start = toBuffer(prefix);
    let count = 0;
    while (count < limit) {
      const entries = await this.#database.store.scan({ start, end, limit: Math.min(CHUNK, limit - count) });
      count += entries.length;
      const last = entries.at(-1);
      if (last === undefined || entries.length < CHUNK) return count;
      start = Buffer.concat([last.key, Buffer.from([0])]);
    }
    return count;
  }
}
