import { DataFolder } from "../../src/drivers/hot/data-folder.ts";
import { openHotStore } from "../../src/drivers/hot/open.ts";
import { batchOf, headOf } from "./batches.ts";

/** Commits batches without end and prints the number of each once it is acknowledged. */
const folder = await DataFolder.open(process.argv[2] ?? "");
const store = await openHotStore({ driver: "sqlite", dataDir: folder.path });
for (let n = (await headOf(store)) + 1; ; n++) {
  await store.commit(batchOf(n));
  process.stdout.write(`${n}\n`);
}
