import { SqliteHotStore } from "../../src/drivers/hot/sqlite/sqlite-store.ts";

/** Commits one key after another, says that it is done, and holds the event loop, so that nothing is applied any more. */
const [folder = "", ...names] = process.argv.slice(2);
const store = await SqliteHotStore.open({ path: `${folder}/hot.sqlite` });
for (const name of names) await store.commit({ puts: [{ key: Buffer.from(name), value: Buffer.from(name) }] });
process.stdout.write("done\n");
for (;;);
