import type { Random } from "../../runtime/random.ts";

export interface ReconnectSettings {
  enabled: boolean;
  /** Milliseconds before the first attempt, doubled after each. */
  initialDelayMs: number;
  maxDelayMs: number;
  /** 0: as long as there is something to subscribe to. */
  maxAttempts: number;
}

/** Somewhere in the upper half of the time, so that the clients of a server that restarts do not come back all at once. */
export function reconnectDelay(settings: ReconnectSettings, attempt: number, random: Random): number {
  const longest = Math.min(settings.initialDelayMs * 2 ** Math.min(attempt, 30), settings.maxDelayMs);
  return longest / 2 + random.below(Math.max(1, Math.ceil(longest / 2)));
}
