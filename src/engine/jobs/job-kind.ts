import * as v from "valibot";
import { KalamError } from "../../errors/index.ts";
import type { Database } from "../database.ts";
import type { JobParameters } from "./job.ts";

/**
 * One kind of work that runs in the background. To add one: a file in `kinds/` and a line in its `index.ts`.
 *
 * Parameters are checked when a job is made, and again when it is read back after a restart.
 */
export interface JobKind<P> {
  /** As `system.jobs` shows it: `flush`. */
  readonly type: string;
  /** Begins the ids of its jobs: `FL`. */
  readonly prefix: string;
  readonly parameters: v.GenericSchema<unknown, P>;
  /** The work may begin from the start when the server stopped in the middle of it. */
  readonly mayRunAgain: boolean;
  /** How often a failed job is begun again; undefined means as the configuration says. */
  readonly retries?: number;
  /** `namespace.table` whose rows the job works on: dropping the table cancels it. */
  table?(parameters: P): string | undefined;
  /** Why there is nothing to do; undefined when there is. Asked before the job is made and when its turn comes. */
  precheck?(database: Database, parameters: P): Promise<string | undefined> | string | undefined;
  /** Does the work. Gives up soon after `signal` is aborted, by throwing. @returns what was done, for `system.jobs`. */
  run(context: JobContext<P>): Promise<string>;
}

export interface JobContext<P> {
  readonly database: Database;
  readonly parameters: P;
  readonly jobId: string;
  /** Aborted when the job is cancelled, hangs, or the server stops. */
  readonly signal: AbortSignal;
  /** Says how far the work is. A job that says nothing for `jobs.timeout_seconds` counts as hanging. */
  progress(message: string): void;
}

/** A kind whose type of parameters is its own affair. */
export interface RegisteredKind extends Pick<JobKind<unknown>, "type" | "prefix" | "mayRunAgain" | "retries"> {
  /** @throws KalamError `invalid_job_parameters` */
  bind(parameters: JobParameters): BoundWork;
}

/** A kind together with checked parameters. */
export interface BoundWork {
  readonly table: string | undefined;
  precheck(database: Database): Promise<string | undefined>;
  run(context: Omit<JobContext<unknown>, "parameters">): Promise<string>;
}

export function registerKind<P>(kind: JobKind<P>): RegisteredKind {
  return {
    type: kind.type,
    prefix: kind.prefix,
    mayRunAgain: kind.mayRunAgain,
    ...(kind.retries === undefined ? {} : { retries: kind.retries }),
    bind(given) {
      const checked = v.safeParse(kind.parameters, given);
      if (!checked.success) {
        const reason = v.summarize(checked.issues).replaceAll("\n", " ");
        throw new KalamError("invalid_job_parameters", { type: kind.type, reason });
      }
      const parameters = checked.output;
      return {
        table: kind.table?.(parameters),
        precheck: async (database) => kind.precheck?.(database, parameters),
        run: async (context) => kind.run({ ...context, parameters }),
      };
    },
  };
}
