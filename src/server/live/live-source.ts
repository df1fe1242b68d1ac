import type { LiveRequest, LiveSink, LiveSubscription } from "../../engine/live/contract.ts";

/** The part of the engine that live queries come from. */
export interface LiveSource {
  /** @throws KalamError why there is no such subscription */
  subscribe(request: LiveRequest, sink: LiveSink): Promise<LiveSubscription>;
}
