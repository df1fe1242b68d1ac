import { type RegisteredKind, registerKind } from "../job-kind.ts";
import { cleanup } from "./cleanup.ts";
import { jobCleanup } from "./job-cleanup.ts";

/** Every kind of job that the server knows. */
export const JOB_KINDS: readonly RegisteredKind[] = [registerKind(cleanup), registerKind(jobCleanup)];
