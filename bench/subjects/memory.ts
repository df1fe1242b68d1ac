import { setTimeout as sleep } from "node:timers/promises";
import { FULL_SCALE } from "../../examples/chat/generate.ts";
import { loadChat } from "../../examples/chat/loader.ts";
import type { Subject } from "../bench.ts";
import { BareHttp } from "../peers/bare-http.ts";
import { peakMemory, residentMemory, sharedMemory } from "../process/memory.ts";
import { figureOf, type Measurement, type PeerFigure } from "../report/measurement.ts";
import { BARE_HTTP } from "./contenders.ts";

const SETTLE_MILLIS = 2000;
const MAX_IDLE_MIB = 150;
const MAX_LOADED_MIB = 400;

const once = (value: number) => figureOf([value]);

export const memory: Subject = {
  name: "memory",
  about: "resident memory, idle and after the chat data; how fast that loads",
  async *run(bench) {
    const server = await bench.startKalam();
    const bare = await BareHttp.start(bench.resources, "{}");
    const postgres = await bench.postgres();
    await sleep(SETTLE_MILLIS);
    const idle = await residentMemory(server.pid);
    yield memoryUsed("Memory of an idle, fresh server", idle, MAX_IDLE_MIB, [
      { peer: BARE_HTTP, figure: once(await residentMemory(bare.started.pid)) },
      { peer: "PostgreSQL", figure: postgres && once(await sharedMemory(postgres.pid)) },
    ]);
    await bare.stop();

    const report = await loadChat(await server.login(), {
      scale: FULL_SCALE,
      connections: 8,
      rowsPerInsert: 100,
      fresh: false,
      loginPassword: undefined,
      log: () => {},
    });
    await sleep(SETTLE_MILLIS);
    const loaded = await residentMemory(server.pid);
    const peak = await peakMemory(server.pid);
    await server.stop();

    const rows = [...report.rows.values()].reduce((a, b) => a + b, 0);
    yield memoryUsed("Memory after loading the chat data (100 000 messages)", loaded, MAX_LOADED_MIB);
    yield memoryUsed("Most memory while loading it", peak);
    yield {
      subject: "memory",
      title: "Loading it, 8 connections, 100 rows an INSERT",
      unit: "rows/s",
      kalam: once(rows / report.seconds),
      peers: [],
    };
  },
};

function memoryUsed(title: string, mebibytes: number, atMost?: number, peers: readonly PeerFigure[] = []): Measurement {
  const target = atMost === undefined ? {} : { target: { kind: "limit", atMost } as const };
  return { subject: "memory", title, unit: "MiB", kalam: once(mebibytes), peers, ...target };
}
