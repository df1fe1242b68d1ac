import type { Subject } from "../bench.ts";
import { COLD_SCHEMA } from "../cold-rows.ts";
import { flush, loadRows, segmentFiles } from "../cold-store.ts";
import { AGGREGATE_SQL } from "../data.ts";
import { DuckDbFiles } from "../peers/duckdb-files.ts";
import { peakMemory } from "../process/memory.ts";
import { number } from "../report/format.ts";
import { figureOf } from "../report/measurement.ts";
import { alternate, peersFrom } from "../rounds.ts";
import { KALAM } from "./contenders.ts";

const SAME_FILES = "DuckDB alone, the same files";
const MILLION = 1_000_000;

export const coldAggregate: Subject = {
  name: "cold-aggregate",
  about: "count and average over 10 000 000 rows in segments, one after another",
  async *run(bench) {
    const millions = bench.options.quick ? 1 : 10;
    const dataDir = `${await bench.folder("kalam-")}/data`;
    const server = await bench.startKalam({ dataDir });
    const client = await server.login();
    await client.run(COLD_SCHEMA);
    for (let loaded = 0; loaded < millions; loaded++) {
      await loadRows(client, loaded * MILLION, (loaded + 1) * MILLION);
      await flush(client, "bench.cold");
    }
    const duck = await DuckDbFiles.open();
    bench.versions.DuckDB = await duck.version();
    const files = await segmentFiles(dataDir);
    const figures = await alternate(
      [
        {
          name: KALAM,
          measure: async (seconds) => {
            const begin = performance.now();
            let queries = 0;
            do {
              await client.run(AGGREGATE_SQL("bench.cold"));
              queries++;
            } while (performance.now() - begin < seconds * 1000);
            return { rate: (queries * 1000) / (performance.now() - begin) };
          },
        },
        {
          name: SAME_FILES,
          measure: async (seconds) => ({
            rate: await duck.rate(AGGREGATE_SQL(DuckDbFiles.relation(files)), seconds),
          }),
        },
      ],
      bench.options,
    );
    duck.close();
    const peak = await peakMemory(server.pid);
    await server.stop();
    const kalam = figures.get(KALAM);
    if (kalam === undefined) throw new Error("KalamDB was not measured");
    const rows = number(millions * MILLION);
    yield {
      subject: "cold-aggregate",
      title: `Count and average over ${rows} rows in ${files.length} segments`,
      unit: "queries/s",
      kalam,
      peers: peersFrom(figures, [SAME_FILES]),
      target: { kind: "ratio", peer: SAME_FILES, atLeast: 1 / 1.5 },
    };
    yield {
      subject: "cold-aggregate",
      title: `Most memory after loading, flushing, merging and reading ${rows} rows`,
      unit: "MiB",
      kalam: figureOf([peak]),
      peers: [],
    };
  },
};
