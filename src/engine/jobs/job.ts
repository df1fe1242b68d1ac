import * as v from "valibot";
import { KalamError } from "../../errors/index.ts";

/**
 * The states of a job, and how it goes from one to the next:
 *
 *     new ─▶ queued ─▶ running ─┬─▶ completed
 *                       ▲       ├─▶ failed
 *                       │       ├─▶ cancelled      (also from queued and retrying)
 *                       │       ├─▶ skipped        there was nothing left to do when its turn came
 *                       └───────┴── retrying
 *
 * `new` is a job that is about to become durable; nothing has been promised to anybody. `retrying` waits for a while and then for its
 * turn, as `queued` does.
 */
const ACTIVE = ["new", "queued", "running", "retrying"] as const;
const FINISHED = ["completed", "failed", "cancelled", "skipped"] as const;

export type JobStatus = (typeof ACTIVE)[number] | FinalStatus;
export type FinalStatus = (typeof FINISHED)[number];

/** Plain JSON; the kind of the job knows what is in it. */
export type JobParameters = Readonly<Record<string, unknown>>;

/** What is known of a job, as the hot store keeps it. Immutable: a change makes a new object. Times are milliseconds since 1970. */
export interface Job {
  readonly id: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly parameters: JobParameters;
  /** What came of it, or how far it is. */
  readonly message: string | null;
  /** Where it failed, for whoever looks into the code. */
  readonly trace: string | null;
  /** Two jobs with the same key are never active at once. */
  readonly idempotencyKey: string | null;
  /** Null when the server made it. */
  readonly createdBy: string | null;
  /** How often it was begun again. */
  readonly retries: number;
  readonly maxRetries: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

const time = v.pipe(v.number(), v.safeInteger());
const text = v.nullable(v.string());
const documentSchema: v.GenericSchema<unknown, Job> = v.strictObject({
  id: v.string(),
  type: v.string(),
  status: v.picklist([...ACTIVE, ...FINISHED]),
  parameters: v.record(v.string(), v.unknown()),
  message: text,
  trace: text,
  idempotencyKey: text,
  createdBy: text,
  retries: v.pipe(v.number(), v.safeInteger()),
  maxRetries: v.pipe(v.number(), v.safeInteger()),
  createdAt: time,
  updatedAt: time,
  startedAt: v.nullable(time),
  finishedAt: v.nullable(time),
});

export function isFinished(job: Job): boolean {
  return (FINISHED as readonly JobStatus[]).includes(job.status);
}

export function encodeJob(job: Job): Buffer {
  return Buffer.from(JSON.stringify(job), "utf8");
}

/** @throws KalamError `data_corrupt` */
export function decodeJob(key: string, value: Buffer): Job {
  try {
    return v.parse(documentSchema, JSON.parse(value.toString("utf8")));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KalamError("data_corrupt", { path: `job document ${key}`, reason }, { cause: error });
  }
}
