import type { Bench, Subject } from "../bench.ts";
import { CONVERSATIONS, lastMessagesSql, MESSAGES_EACH, selectKeySql } from "../data.ts";
import { BareHttp } from "../peers/bare-http.ts";
import type { Measurement, Target } from "../report/measurement.ts";
import { alternate, peersFrom } from "../rounds.ts";
import { BARE_HTTP, KALAM, onPostgres, overHttp, PREPARED, SIMPLE } from "./contenders.ts";
import { prepareRows } from "./prepared-rows.ts";

interface Variant {
  readonly subject: string;
  readonly kind: "select-key" | "last-50";
  readonly script: string;
  /** One of its statements; what KalamDB answers to it is what the bare server answers always. */
  readonly example: string;
  readonly title: string;
  readonly targets: ReadonlyMap<number, Target | undefined>;
}

async function* measure(bench: Bench, variant: Variant): AsyncGenerator<Measurement> {
  const { server, client, postgres } = await prepareRows(bench);
  const bare = await BareHttp.start(bench.resources, await client.text(variant.example));
  for (const [connections, target] of variant.targets) {
    const job = { kind: variant.kind, token: client.token, connections };
    const figures = await alternate(
      [
        overHttp(bench, KALAM, { ...job, port: server.port }),
        overHttp(bench, BARE_HTTP, { ...job, port: bare.port }),
        ...onPostgres(postgres, variant.script, connections),
      ],
      bench.options,
    );
    const kalam = figures.get(KALAM);
    if (kalam === undefined) throw new Error("KalamDB was not measured");
    yield {
      subject: variant.subject,
      title: `${variant.title}, ${connections} connection${connections === 1 ? "" : "s"}`,
      unit: "requests/s",
      kalam,
      peers: peersFrom(figures, [BARE_HTTP, PREPARED, SIMPLE]),
      ...(target === undefined ? {} : { target }),
    };
  }
  await bare.stop();
  await server.stop();
}

const SET_CONVERSATION = `\\set c random(1, ${CONVERSATIONS})\n`;

export const selectKey: Subject = {
  name: "select-key",
  about: "SELECT by primary key from 100 000 rows, at 1 and 64 connections",
  run: (bench) =>
    measure(bench, {
      subject: "select-key",
      kind: "select-key",
      script: `${SET_CONVERSATION}\\set k random(1, ${MESSAGES_EACH})\n${selectKeySql("messages", ":c", ":k")};\n`,
      example: selectKeySql("bench.messages", 1, 1),
      title: "SELECT by primary key",
      targets: new Map<number, Target | undefined>([
        [1, undefined],
        [64, { kind: "ratio", peer: BARE_HTTP, atLeast: 0.35 }],
      ]),
    }),
};

export const lastMessages: Subject = {
  name: "last-50",
  about: "the last 50 messages of a conversation, at 10 connections",
  run: (bench) =>
    measure(bench, {
      subject: "last-50",
      kind: "last-50",
      script: `${SET_CONVERSATION}${lastMessagesSql("messages", ":c")};\n`,
      example: lastMessagesSql("bench.messages", 1),
      title: "Last 50 messages of a conversation",
      targets: new Map([[10, undefined]]),
    }),
};
