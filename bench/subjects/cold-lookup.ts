import type { Subject } from "../bench.ts";
import { KEYS, keyRowsSql, keyTableSql } from "../cold-rows.ts";
import { flush } from "../cold-store.ts";
import { alternate, peersFrom } from "../rounds.ts";
import { overHttp } from "./contenders.ts";

const ONE = "the same in one segment";
const HUNDRED = "a hundred segments";
const SEGMENTS = [1, 100] as const;

export const coldLookup: Subject = {
  name: "cold-lookup",
  about: "SELECT by primary key from 100 000 rows with keys at random, in a hundred segments",
  async *run(bench) {
    const server = await bench.startKalam({ env: { KALAMDB_COMPACTION_MIN_SEGMENTS: "10000" } });
    const client = await server.login();
    const step = KEYS / 100;
    for (const segments of SEGMENTS) {
      await client.run(keyTableSql(segments));
      for (let from = 0; from < KEYS; from += step) {
        await client.run(keyRowsSql(segments, from, from + step));
        if (segments === 100) await flush(client, "bench.keys_100");
      }
    }
    await flush(client, "bench.keys_1");
    const job = { port: server.port, token: client.token, connections: 1 };
    const figures = await alternate(
      [overHttp(bench, HUNDRED, { ...job, kind: "key-in-100" }), overHttp(bench, ONE, { ...job, kind: "key-in-1" })],
      bench.options,
    );
    await server.stop();
    const kalam = figures.get(HUNDRED);
    if (kalam === undefined) throw new Error("KalamDB was not measured");
    yield {
      subject: "cold-lookup",
      title: "SELECT by primary key among a hundred segments, 1 connection",
      unit: "requests/s",
      kalam,
      peers: peersFrom(figures, [ONE]),
      target: { kind: "ratio", peer: ONE, atLeast: 1 / 3 },
    };
  },
};
