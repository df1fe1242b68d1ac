import { FaultyHotStore } from "../../src/drivers/hot/faults.ts";
import type { HotStore } from "../../src/drivers/hot/hot-store.ts";
import { FaultyObjectStore } from "../../src/drivers/objects/faults.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import { EmbeddedDatabase } from "../../src/index.ts";
import { SeededRandom } from "../../src/runtime/random.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { systemTimers } from "../../src/runtime/timers.ts";
import { withFolder } from "./folder.ts";
import { PlannedMilestones } from "./planned-milestones.ts";

/** An open database of which a test can let anything fail. */
export interface FaultyEngine {
  readonly engine: Engine;
  readonly db: EmbeddedDatabase;
  readonly dataDir: string;
  readonly store: FaultyHotStore;
  /** The storage of this name. */
  storage(id: string): FaultyObjectStore;
  readonly milestones: PlannedMilestones;
  /** What the engine reported to its surroundings. */
  readonly reports: readonly string[];
}

/** Opens a database in a folder; the caller closes it. */
export async function openFaulty(
  dataDir: string,
  options: Partial<EngineOptions> = {},
  beneath: (store: HotStore) => HotStore = (store) => store,
): Promise<FaultyEngine> {
  const chance = { random: new SeededRandom(11), timers: systemTimers };
  const milestones = new PlannedMilestones();
  const storages = new Map<string, FaultyObjectStore>();
  const reports: string[] = [];
  const stores: FaultyHotStore[] = [];
  const engine = await Engine.open(
    { driver: "sqlite", dataDir, jobRetryBackoffMs: 5, flushCheckSeconds: 0, ...options },
    {
      runtime: createRuntime({ milestones }),
      around: (store) => {
        const faulty = new FaultyHotStore(beneath(store), chance);
        stores.push(faulty);
        return faulty;
      },
      aroundObjects: (store, id) => {
        const faulty = new FaultyObjectStore(store, chance);
        storages.set(id, faulty);
        return faulty;
      },
      report: (what, error) => {
        reports.push(error instanceof Error ? `${what}: ${error.message}` : what);
      },
    },
  );
  return {
    engine,
    db: new EmbeddedDatabase(engine),
    dataDir,
    store: stores[0] as FaultyHotStore,
    storage: (id) => {
      const known = storages.get(id);
      if (known === undefined) throw new Error(`nobody has used the storage ${id} yet`);
      return known;
    },
    milestones,
    reports,
  };
}

/** Runs a test on such a database in a folder of its own. */
export function withFaultyEngine<T>(work: (faulty: FaultyEngine) => Promise<T>, options: Partial<EngineOptions> = {}) {
  return withFolder(async (dataDir) => {
    const faulty = await openFaulty(dataDir, options);
    try {
      return await work(faulty);
    } finally {
      await faulty.db.close();
    }
  });
}
