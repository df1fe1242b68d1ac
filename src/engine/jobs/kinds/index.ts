import { type RegisteredKind, registerKind } from "../job-kind.ts";
import { cleanup } from "./cleanup.ts";
import { compact } from "./compact.ts";
import { flush } from "./flush.ts";
import { indexBuild } from "./index-build.ts";
import { jobCleanup } from "./job-cleanup.ts";
import { storageMove } from "./storage-move.ts";

/** Every kind of job that the server knows. */
export const JOB_KINDS: readonly RegisteredKind[] = [
  registerKind(cleanup),
  registerKind(compact),
  registerKind(flush),
  registerKind(indexBuild),
  registerKind(jobCleanup),
  registerKind(storageMove),
];
