import { type Clock, systemClock } from "./clock.ts";
import { type Milestones, noMilestones } from "./milestones.ts";
import { type Random, systemRandom } from "./random.ts";
import { SnowflakeGenerator } from "./snowflake.ts";
import { TextIds } from "./text-ids.ts";
import { systemTimers, type Timers } from "./timers.ts";

/** Everything of the outside world that the engine may use: time, chance, timers and ids. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  /** Row versions (`_seq`); one sequence for the whole process. */
  readonly seq: SnowflakeGenerator;
  /** Ids for `SNOWFLAKE_ID()`. */
  readonly snowflakes: SnowflakeGenerator;
  readonly textIds: TextIds;
  readonly milestones: Milestones;
}

/** @param parts replaces the system's own, for tests; `node` is 0–1023. */
export function createRuntime(
  parts: Partial<Pick<Runtime, "clock" | "random" | "timers" | "milestones">> & { node?: number } = {},
): Runtime {
  const clock = parts.clock ?? systemClock;
  const random = parts.random ?? systemRandom;
  const node = parts.node ?? 1;
  return {
    clock,
    random,
    timers: parts.timers ?? systemTimers,
    seq: new SnowflakeGenerator(clock, node),
    snowflakes: new SnowflakeGenerator(clock, node),
    textIds: new TextIds(clock, random),
    milestones: parts.milestones ?? noMilestones,
  };
}
