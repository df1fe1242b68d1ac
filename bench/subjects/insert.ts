import type { Bench, Subject } from "../bench.ts";
import { insertSql, KALAM_SCHEMA, POSTGRES_SCHEMA } from "../data.ts";
import type { Measurement, Target } from "../report/measurement.ts";
import { alternate, peersFrom } from "../rounds.ts";
import { KALAM, onPostgres, overHttp, PREPARED, SIMPLE } from "./contenders.ts";

/** pgbench keeps `:n` from one transaction to the next, so that the ids of a client count up, as ours do. */
const SINGLE_SCRIPT = `\\set n :n + 1
\\set id :base + :n
${insertSql("messages", "1000000 + :client_id", [":id"])};
`;

const HUNDRED_SCRIPT = `\\set n :n + 100
\\set id :base + :n
${insertSql(
  "messages",
  "1000000 + :client_id",
  Array.from({ length: 100 }, (_, row) => `:id::bigint + ${row}`),
)};
`;

interface Variant {
  readonly subject: string;
  readonly kind: "insert" | "insert-100";
  readonly script: string;
  readonly title: string;
  readonly targets: ReadonlyMap<number, Target | undefined>;
}

async function* measure(bench: Bench, variant: Variant): AsyncGenerator<Measurement> {
  const postgres = await bench.postgres();
  await postgres?.sql(POSTGRES_SCHEMA);
  const server = await bench.startKalam();
  const client = await server.login();
  await client.run(KALAM_SCHEMA);
  for (const [connections, target] of variant.targets) {
    const job = { kind: variant.kind, port: server.port, token: client.token, connections };
    const contenders = [overHttp(bench, KALAM, job), ...onPostgres(postgres, variant.script, connections)];
    const figures = await alternate(contenders, bench.options);
    const kalam = figures.get(KALAM);
    if (kalam === undefined) throw new Error("KalamDB was not measured");
    yield {
      subject: variant.subject,
      title: `${variant.title}, ${connections} connection${connections === 1 ? "" : "s"}`,
      unit: "requests/s",
      kalam,
      peers: peersFrom(figures, [PREPARED, SIMPLE]),
      ...(target === undefined ? {} : { target }),
    };
  }
  await server.stop();
}

export const insert: Subject = {
  name: "insert",
  about: "durable INSERT of one row, at 1, 10 and 64 connections",
  run: (bench) =>
    measure(bench, {
      subject: "insert",
      kind: "insert",
      script: SINGLE_SCRIPT,
      title: "INSERT of one row",
      targets: new Map<number, Target | undefined>([
        // Against pgbench's own default: each statement sent as text, which is what an HTTP client does. Prepared is shown beside.
        [1, { kind: "ratio", peer: SIMPLE, atLeast: 0.6 }],
        [10, undefined],
        [64, { kind: "ratio", peer: SIMPLE, atLeast: 0.7 }],
      ]),
    }),
};

export const insertHundred: Subject = {
  name: "insert-100",
  about: "durable INSERT of 100 rows, at 1 and 10 connections",
  run: (bench) =>
    measure(bench, {
      subject: "insert-100",
      kind: "insert-100",
      script: HUNDRED_SCRIPT,
      title: "INSERT of 100 rows",
      targets: new Map([
        [1, undefined],
        [10, undefined],
      ]),
    }),
};
