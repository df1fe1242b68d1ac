import { open as openFile, rm } from "node:fs/promises";
import { Engine } from "../../../src/engine/engine.ts";
import { EmbeddedDatabase, KalamError } from "../../../src/index.ts";

/**
 * Works on a small disk that becomes full and then has room again. Prints one line of JSON: what failed while it was full, and
 * what is there afterwards.
 *
 * Arguments: the data folder, the folder of the storage, and the folder on the small disk that is filled.
 */
const [dataDir = "", storage = "", disk = ""] = process.argv.slice(2);
const engine = await Engine.open({ dataDir, jobRetries: 1, jobRetryBackoffMs: 5 }, { report: () => undefined });
const db = new EmbeddedDatabase(engine);
const ROWS = 300;
let next = 0;
// Jobs that wait for their next try do not keep a process alive.
const alive = setInterval(() => undefined, 1000);

async function insert(): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, at) => `(${next + at}, '${noise(next + at)}')`);
  await db.query(`INSERT INTO t VALUES ${rows.join(", ")}`);
  next += ROWS;
}

/** Text that does not become small in a file. */
function noise(id: number): string {
  let text = "";
  for (let seed = id + 1; text.length < 300; seed = (seed * 48_271) % 2_147_483_647) text += seed.toString(36);
  return text;
}

/** What came of a job, or of the statement that was to make it. */
async function work(kind: string): Promise<string> {
  const made = await attempt(() => db.query(`STORAGE ${kind} TABLE t`));
  if (made !== "done") return made;
  const job = engine.jobs.list().findLast(({ type }) => type === kind);
  const { status, message } = await engine.jobs.whenDone(job?.id ?? "");
  return status === "failed" ? `failed: ${message}` : status;
}

async function attempt(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return "done";
  } catch (error) {
    return error instanceof KalamError ? error.key : String(error);
  }
}

/** Takes the room that there is, but for some bytes. */
async function fill(left: number): Promise<void> {
  const ballast = await openFile(`${disk}/ballast`, "w");
  const block = Buffer.alloc(4096);
  let size = 0;
  const full = await attempt(async () => {
    for (;;) size += (await ballast.write(block)).bytesWritten;
  });
  if (!full.includes("ENOSPC")) throw new Error(full);
  await ballast.truncate(Math.max(0, size - left));
  await ballast.close();
}

await db.query(`CREATE STORAGE small TYPE filesystem PATH '${storage}'`);
await db.query("CREATE SHARED TABLE t (id INT PRIMARY KEY, v TEXT) WITH (STORAGE_ID = 'small')");
for (let segment = 0; segment < 3; segment++) {
  await insert();
  await work("flush");
}
await insert();
await fill(20_000);
const full = {
  flush: await work("flush"),
  compact: await work("compact"),
  write: await attempt(insert),
  read: await attempt(async () => {
    const { rowCount } = await db.query("SELECT id FROM t");
    if (rowCount !== next) throw new Error(`${rowCount} rows`);
  }),
};
await rm(`${disk}/ballast`);
const before = next;
await insert();
const after = { flush: await work("flush"), compact: await work("compact") };
const { rows } = await db.query("SELECT id, v FROM t ORDER BY id");
const right = rows.every(({ id, v }, at) => id === at && v === noise(at));
await db.close();
clearInterval(alive);
process.stdout.write(`${JSON.stringify({ full, after, rows: rows.length - before, right })}\n`);
