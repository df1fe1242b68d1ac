import type { Subject } from "../bench.ts";
import { ColdStore, flush, loadRows } from "../cold-store.ts";
import { KALAM_SCHEMA } from "../data.ts";
import { figureOf } from "../report/measurement.ts";

const QUIET = "without a flush";
const CONNECTIONS = 16;
const MAX_PAUSE_MILLIS = 50;

export const coldInsert: Subject = {
  name: "cold-insert",
  about:
    "durable INSERT of one row at 16 connections while a million rows of another table are flushed; pauses of the event loop",
  async *run(bench) {
    const store = await ColdStore.fill(bench, (client) => loadRows(client, 0, 1_000_000));
    const { rounds, quick } = bench.options;
    const seconds = quick ? 1 : 3;
    const [during, quiet, pauses, quietPauses]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let round = 0; round < rounds; round++) {
      await store.use(async (server, client) => {
        await client.run(KALAM_SCHEMA);
        const job = { kind: "insert" as const, port: server.port, token: client.token, connections: CONNECTIONS };
        const rate = async (): Promise<number> => {
          const { requests, seconds: taken } = await bench.load.run({ ...job, seconds });
          return requests / taken;
        };
        await rate();
        await server.longestPause();
        quiet.push(await rate());
        quietPauses.push(await server.longestPause());
        const flushing = flush(client, "bench.cold");
        during.push(await rate());
        const flushed = await flushing;
        pauses.push(await server.longestPause());
        if (flushed < seconds) bench.say(`  the flush ended after ${flushed.toFixed(1)} s of ${seconds}`);
      }, true);
    }
    yield {
      subject: "cold-insert",
      title: `INSERT of one row, ${CONNECTIONS} connections, during a flush`,
      unit: "requests/s",
      kalam: figureOf(during),
      peers: [{ peer: QUIET, figure: figureOf(quiet) }],
      target: { kind: "ratio", peer: QUIET, atLeast: 0.7 },
    };
    yield {
      subject: "cold-insert",
      title: "Longest pause of the event loop during that",
      unit: "ms",
      kalam: figureOf(pauses),
      peers: [{ peer: QUIET, figure: figureOf(quietPauses) }],
      target: { kind: "limit", atMost: MAX_PAUSE_MILLIS },
    };
  },
};
