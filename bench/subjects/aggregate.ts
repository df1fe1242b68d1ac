import type { Subject } from "../bench.ts";
import { AGGREGATE_SQL } from "../data.ts";
import { DuckDb } from "../peers/duckdb.ts";
import { alternate, peersFrom } from "../rounds.ts";
import { DUCKDB, KALAM, onPostgres, overHttp, PREPARED, SIMPLE } from "./contenders.ts";
import { prepareRows } from "./prepared-rows.ts";

export const aggregate: Subject = {
  name: "aggregate",
  about: "count and average over 100 000 rows that are not flushed, one after another",
  async *run(bench) {
    const { server, client, postgres } = await prepareRows(bench);
    const duckdb = await DuckDb.open();
    bench.versions.DuckDB = await duckdb.version();
    const figures = await alternate(
      [
        overHttp(bench, KALAM, { kind: "aggregate", port: server.port, token: client.token, connections: 1 }),
        {
          name: DUCKDB,
          measure: async (seconds) => ({ rate: await duckdb.rate(AGGREGATE_SQL("messages"), seconds) }),
        },
        ...onPostgres(postgres, `${AGGREGATE_SQL("messages")};\n`, 1),
      ],
      bench.options,
    );
    duckdb.close();
    await server.stop();
    const kalam = figures.get(KALAM);
    if (kalam === undefined) throw new Error("KalamDB was not measured");
    yield {
      subject: "aggregate",
      title: "Count and average over 100 000 hot rows, 1 connection",
      unit: "queries/s",
      kalam,
      peers: peersFrom(figures, [DUCKDB, PREPARED, SIMPLE]),
    };
  },
};
