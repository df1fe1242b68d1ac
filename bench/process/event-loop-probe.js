// Loaded into a server that is measured (`node --import`): tells over IPC how long its event loop was held since it was last asked.
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on("message", () => {
  process.send?.({ longestPauseMillis: delay.max / 1e6 });
  delay.reset();
});
// The channel does not keep the process from ending.
process.channel?.unref();
