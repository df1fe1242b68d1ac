import type { Subject } from "../bench.ts";
import { aggregate } from "./aggregate.ts";
import { coldAggregate } from "./cold-aggregate.ts";
import { coldFlush, coldFlushUsers } from "./cold-flush.ts";
import { coldInsert } from "./cold-insert.ts";
import { coldLookup } from "./cold-lookup.ts";
import { insert, insertHundred } from "./insert.ts";
import { liveFanOut, liveFilters, liveLatency, liveMemory } from "./live.ts";
import { memory } from "./memory.ts";
import { lastMessages, selectKey } from "./read.ts";
import { start } from "./start.ts";

export const SUBJECTS: readonly Subject[] = [
  insert,
  insertHundred,
  selectKey,
  lastMessages,
  aggregate,
  liveFanOut,
  liveFilters,
  liveLatency,
  liveMemory,
  coldFlush,
  coldFlushUsers,
  coldInsert,
  coldAggregate,
  coldLookup,
  memory,
  start,
];
