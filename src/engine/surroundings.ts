import type { HotStore } from "../drivers/hot/hot-store.ts";
import type { ObjectStore } from "../drivers/objects/object-store.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RegisteredKind } from "./jobs/job-kind.ts";

/** Is told of trouble that no statement can be answered with. */
export type Report = (what: string, error: unknown) => void;

/** What an engine gets from the program around it, beside its options. */
export interface Surroundings {
  /** Undefined means the system's own. */
  readonly runtime: Runtime | undefined;
  /** What stands between the engine and its hot store: tests put their faults there. */
  readonly around: (store: HotStore) => HotStore;
  /** The same for the storages. */
  readonly aroundObjects: (store: ObjectStore, storageId: string) => ObjectStore;
  readonly report: Report;
  /** Kinds of jobs beside those of the engine. */
  readonly jobKinds: readonly RegisteredKind[];
}

/** Trouble becomes a warning of the process. */
export const defaultSurroundings: Surroundings = {
  runtime: undefined,
  around: (store) => store,
  aroundObjects: (store) => store,
  report: (what, error) => {
    const reason = error instanceof Error ? error.message : String(error);
    process.emitWarning(error === undefined ? what : `${what}: ${reason}`, "KalamDB");
  },
  jobKinds: [],
};
