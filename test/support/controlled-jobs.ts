import * as v from "valibot";
import { Engine } from "../../src/engine/engine.ts";
import { type JobContext, type RegisteredKind, registerKind } from "../../src/engine/jobs/job-kind.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import type { Surroundings } from "../../src/engine/surroundings.ts";

export interface Call {
  readonly name: string;
  readonly context: JobContext<{ readonly name: string }>;
  finish(message: string): void;
  fail(error: Error): void;
}

/** Kinds of jobs whose work ends when, and as, the test says. */
export class ControlledJobs {
  readonly calls: Call[] = [];
  /** Names of jobs for which there is nothing to do. */
  readonly idle = new Set<string>();
  /** Work that pays no heed to being told to give up. */
  readonly deaf = new Set<string>();
  #arrived: (() => void) | undefined;

  /** `work` may begin again after a crash, `once` may not. */
  get kinds(): readonly RegisteredKind[] {
    return [this.#kind("work", "WK", true), this.#kind("once", "ON", false)];
  }

  /** The n-th run of any work, counted from 1. */
  async call(number: number): Promise<Call> {
    while (this.calls.length < number) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.calls[number - 1] as Call;
  }

  #kind(type: string, prefix: string, mayRunAgain: boolean): RegisteredKind {
    return registerKind<{ readonly name: string; readonly table_id?: string | undefined }>({
      type,
      prefix,
      parameters: v.strictObject({ name: v.string(), table_id: v.optional(v.string()) }),
      mayRunAgain,
      table: (parameters) => parameters.table_id,
      precheck: (_database, { name }) => (this.idle.has(name) ? `nothing to do for ${name}` : undefined),
      run: (context) =>
        new Promise((finish, fail) => {
          const { name } = context.parameters;
          this.calls.push({ name, context, finish, fail });
          if (!this.deaf.has(name)) context.signal.addEventListener("abort", () => fail(new Error("gave up")));
          this.#arrived?.();
        }),
    });
  }
}

/** An engine that knows the kinds of `jobs` and keeps its warnings to itself. */
export function openWithJobs(
  jobs: ControlledJobs,
  options: Partial<EngineOptions> = {},
  surroundings: Partial<Surroundings> = {},
): Promise<Engine> {
  return Engine.open(
    { driver: "memory", jobRetryBackoffMs: 1, ...options },
    { jobKinds: jobs.kinds, report: () => undefined, ...surroundings },
  );
}
