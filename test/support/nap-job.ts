import { existsSync } from "node:fs";
import * as v from "valibot";
import { registerKind } from "../../src/engine/jobs/job-kind.ts";
import { systemTimers } from "../../src/runtime/timers.ts";

/** Work that ends when a file is there. */
export const napKind = registerKind<{ readonly until: string }>({
  type: "nap",
  prefix: "NP",
  parameters: v.strictObject({ until: v.string() }),
  mayRunAgain: true,
  async run({ parameters, progress, signal }) {
    progress("asleep");
    while (!existsSync(parameters.until)) {
      signal.throwIfAborted();
      await systemTimers.sleep(10);
    }
    return "slept well";
  },
});
