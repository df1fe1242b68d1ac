import { DataFolder } from "../../src/drivers/hot/data-folder.ts";
import { openHotStore } from "../../src/drivers/hot/open.ts";
import { batchOf, headOf } from "./batches.ts";

/**
 * Commits batches without end and prints the number of each once it is acknowledged. With `unconditional` they have no
 * conditions, so that most of them go through the commit log.
 */
const unconditional = process.argv[3] === "unconditional";
const folder = await DataFolder.open(process.argv[2] ?? "");
const store = await openHotStore({ driver: "sqlite", dataDir: folder.path });
for (let n = (await headOf(store)) + 1; ; n++) {
  const batch = batchOf(n);
  await store.commit(unconditional ? { ...batch, conditions: [] } : batch);
  process.stdout.write(`${n}\n`);
}
