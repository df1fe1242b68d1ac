import { open, rm } from "node:fs/promises";
import { SqliteHotStore } from "../../src/drivers/hot/sqlite/sqlite-store.ts";
import { KalamError } from "../../src/errors/index.ts";

/**
 * On a small disk: a commit log whose blocks are not there yet, as on file systems that write elsewhere, and then no room for
 * them. Prints one line of JSON.
 */
const folder = process.argv[2] ?? "";
const path = `${folder}/hot.sqlite`;
const sparse = await open(`${path}.commits`, "w");
await sparse.truncate(2 * 1024 * 1024);
await sparse.close();
const store = await SqliteHotStore.open({ path });
const commit = (name: string, bytes: number) =>
  store.commit({ puts: [{ key: Buffer.from(name), value: Buffer.alloc(bytes, 7) }] });
await commit("a", 10);
const ballast = `${folder}/ballast`;
const full = await open(ballast, "w");
for (let room = true; room; )
  room = await full.write(Buffer.alloc(4096)).then(
    () => true,
    () => false,
  );
await full.close();
const refused = await commit("x", 100_000).then(
  () => "committed",
  (error: unknown) => (error instanceof KalamError ? error.key : String(error)),
);
await rm(ballast);
await commit("b", 10);
await commit("c", 10);
const names = async (from: SqliteHotStore) =>
  (await from.scan({ start: Buffer.alloc(0), end: Buffer.from("~"), limit: 10 })).map(({ key }) => String(key));
const before = await names(store);
await store.close();
const again = await SqliteHotStore.open({ path });
const report = { refused, names: before, afterwards: await names(again) };
await again.close();
process.stdout.write(`${JSON.stringify(report)}\n`);
