import type { Bench, Subject } from "../bench.ts";
import { ColdStore, flush, loadRows, loadUserRows, segmentFiles } from "../cold-store.ts";
import { DuckDbFiles } from "../peers/duckdb-files.ts";
import { peakMemory } from "../process/memory.ts";
import { number } from "../report/format.ts";
import { figureOf, type Measurement, type Target } from "../report/measurement.ts";

const COPY = "DuckDB's COPY from memory";

interface Variant {
  readonly subject: string;
  readonly table: string;
  readonly title: string;
  readonly rows: number;
  readonly store: ColdStore;
  readonly target?: Target;
}

async function* measure(
  bench: Bench,
  { subject, table, title, rows, store, target }: Variant,
): AsyncGenerator<Measurement> {
  const duck = await DuckDbFiles.open();
  bench.versions.DuckDB = await duck.version();
  const out = await bench.folder("copy-");
  const [flushed, copied, peaks]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round <= bench.options.rounds; round++) {
    await store.use(async (server, client, dataDir) => {
      const seconds = await flush(client, table);
      if (round > 0) flushed.push(rows / seconds);
      peaks.push(await peakMemory(server.pid));
      if (round === 0) await duck.load(await segmentFiles(dataDir));
    });
    const seconds = await duck.copy(`${out}/${round}.parquet`);
    if (round > 0) copied.push(rows / seconds);
  }
  duck.close();
  yield {
    subject,
    title,
    unit: "rows/s",
    kalam: figureOf(flushed),
    peers: [{ peer: COPY, figure: figureOf(copied) }],
    ...(target === undefined ? {} : { target }),
  };
  yield { subject, title: `Most memory of the server: ${title}`, unit: "MiB", kalam: figureOf(peaks), peers: [] };
}

export const coldFlush: Subject = {
  name: "cold-flush",
  about: "flush of a million rows of one table",
  async *run(bench) {
    const rows = bench.options.quick ? 100_000 : 1_000_000;
    const store = await ColdStore.fill(bench, (client) => loadRows(client, 0, rows));
    yield* measure(bench, {
      subject: "cold-flush",
      table: "bench.cold",
      title: `Flush of ${number(rows)} rows of one table`,
      rows,
      store,
      target: { kind: "ratio", peer: COPY, atLeast: 0.5 },
    });
  },
};

export const coldFlushUsers: Subject = {
  name: "cold-flush-users",
  about: "flush of a million rows of 1 000 users, and of 20 rows of 10 000 users",
  async *run(bench) {
    const { quick } = bench.options;
    const shapes = quick ? [[100, 1000] as const, [500, 20] as const] : [[1000, 1000] as const, [10_000, 20] as const];
    for (const [users, each] of shapes) {
      yield* measure(bench, {
        subject: "cold-flush-users",
        table: "bench.cold_users",
        title: `Flush of ${number(each)} rows of each of ${number(users)} users`,
        rows: users * each,
        store: await ColdStore.fill(bench, (client) => loadUserRows(client, users, each)),
      });
    }
  },
};
