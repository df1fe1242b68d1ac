import { rm, writeFile } from "node:fs/promises";
import { SqliteHotStore } from "../../src/drivers/hot/sqlite/sqlite-store.ts";
import { KalamError } from "../../src/errors/index.ts";
import { batchOf, flawsOf, headOf } from "./batches.ts";

/**
 * Fills a small disk, or a file that may not grow further, until commits fail; then makes room and goes on. Prints one line
 * of JSON. A process that writes beyond its file size limit gets SIGXFSZ, which must not end it.
 */
process.on("SIGXFSZ", () => undefined);
const folder = process.argv[2] ?? "";
const ballast = `${folder}/ballast`;
await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024));
const store = await SqliteHotStore.open({ path: `${folder}/hot.sqlite` });
let n = 0;
while (n < 20) await store.commit(batchOf(++n));
const failures = new Set<string>();
for (let size = 32 * 1024 * 1024; size >= 1024 * 1024; size /= 2) {
  try {
    await store.commit({ puts: [{ key: Buffer.from("large"), value: Buffer.alloc(size, 1) }] });
    await store.commit({ puts: [], deletes: [Buffer.from("large")] });
  } catch (error) {
    failures.add(error instanceof KalamError ? error.key : String(error));
  }
}
await rm(ballast);
while (n < 40) await store.commit(batchOf(++n));
const report = { failures: [...failures], head: await headOf(store), flaws: await flawsOf(store) };
await store.close();
process.stdout.write(`${JSON.stringify(report)}\n`);
