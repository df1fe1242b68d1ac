import { mkdir } from "node:fs/promises";
import { FaultyHotStore } from "../../src/drivers/hot/faults.ts";
import { HOT_STORE_DRIVERS, type HotStoreDriver, openHotStore } from "../../src/drivers/hot/open.ts";
import { SeededRandom } from "../../src/runtime/random.ts";
import { systemTimers } from "../../src/runtime/timers.ts";
import { withFolder } from "../support/folder.ts";
import { conformanceSuite } from "./conformance.ts";

const openIn = async (driver: HotStoreDriver, dataDir: string) => {
  await mkdir(dataDir, { recursive: true });
  return openHotStore({ driver, dataDir });
};

for (const name of HOT_STORE_DRIVERS) {
  conformanceSuite({ name, open: (folder) => openIn(name, folder) }, withFolder);
}

conformanceSuite(
  {
    name: "sqlite behind the fault wrapper, without faults",
    open: async (folder) =>
      new FaultyHotStore(await openIn("sqlite", folder), { random: new SeededRandom(1), timers: systemTimers }),
  },
  withFolder,
);
