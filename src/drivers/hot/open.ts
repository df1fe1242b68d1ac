import { join } from "node:path";
import type { HotStore } from "./hot-store.ts";

export interface HotStoreOptions {
  readonly driver: HotStoreDriver;
  /** The data folder; it must exist. Drivers without files do not look at it. */
  readonly dataDir: string;
}

type Loader = (options: HotStoreOptions) => Promise<HotStore>;

/** A driver is loaded when it is used, so that a missing native part troubles only those who ask for it. */
const DRIVERS = {
  sqlite: async ({ dataDir }) => {
    const { SqliteHotStore } = await import("./sqlite/sqlite-store.ts");
    return SqliteHotStore.open({ path: join(dataDir, "hot.sqlite") });
  },
  memory: async () => {
    const { MemoryHotStore } = await import("./memory/memory-store.ts");
    return new MemoryHotStore();
  },
} satisfies Record<string, Loader>;

export type HotStoreDriver = keyof typeof DRIVERS;

export const HOT_STORE_DRIVERS = Object.keys(DRIVERS) as readonly HotStoreDriver[];

/**
 * Opens the hot store of a data folder.
 *
 * @throws KalamError `data_corrupt`, `driver_unavailable`, `storage_failed`.
 * @example
 * const store = await openHotStore({ driver: "sqlite", dataDir: "/var/lib/kalamdb" });
 * await store.commit({ puts: [{ key: Buffer.from("a"), value: Buffer.from("1") }] });
 */
export function openHotStore(options: HotStoreOptions): Promise<HotStore> {
  const load: Loader = DRIVERS[options.driver];
  return load(options);
}
