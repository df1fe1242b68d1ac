import { systemTimers } from "../../src/runtime/timers.ts";

const LOOK_EVERY_MILLIS = 5;

/** Waits for what will be so; a test that waits in vain ends at its time limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await systemTimers.sleep(LOOK_EVERY_MILLIS);
}
