import { SeededRandom } from "../../src/runtime/random.ts";
import { KEYS, keySql } from "../cold-rows.ts";
import { AGGREGATE_SQL, CONVERSATIONS, insertSql, lastMessagesSql, MESSAGES_EACH, selectKeySql } from "../data.ts";
import type { LoadJob } from "./job.ts";

/** Ids of one job lie in a range of their own. */
const IDS_PER_JOB = 1_000_000_000;
/** Conversations that the inserts write to; the prepared rows are in those below. */
const FIRST_NEW_CONVERSATION = 1_000_000;

/** The requests of one connection: each call gives the next one, as bytes to send. */
export function requestSource(job: LoadJob, connection: number): () => string {
  const random = new SeededRandom(job.serial * 1009 + connection);
  const conversation = FIRST_NEW_CONVERSATION + connection;
  let id = job.serial * IDS_PER_JOB;
  const nextIds = (count: number): number[] => Array.from({ length: count }, () => ++id);
  const someConversation = (): number => 1 + random.below(CONVERSATIONS);
  const sql: Record<LoadJob["kind"], () => string> = {
    insert: () => insertSql("bench.messages", conversation, nextIds(1)),
    "insert-100": () => insertSql("bench.messages", conversation, nextIds(100)),
    "select-key": () => selectKeySql("bench.messages", someConversation(), 1 + random.below(MESSAGES_EACH)),
    "last-50": () => lastMessagesSql("bench.messages", someConversation()),
    aggregate: () => AGGREGATE_SQL("bench.messages"),
    "key-in-1": () => keySql(1, random.below(KEYS)),
    "key-in-100": () => keySql(100, random.below(KEYS)),
  };
  const next = sql[job.kind];
  return () => httpRequest(job, next());
}

/** Ends of a correct answer: how many rows it must have read or written. */
export function expectedRows(kind: LoadJob["kind"]): number {
  return { insert: 1, "insert-100": 100, "select-key": 1, "last-50": 50, aggregate: 2, "key-in-1": 1, "key-in-100": 1 }[
    kind
  ];
}

function httpRequest(job: LoadJob, sql: string): string {
  const body = `{"sql":${JSON.stringify(sql)}}`;
  return (
    `POST /v1/api/sql HTTP/1.1\r\nHost: 127.0.0.1:${job.port}\r\nAuthorization: Bearer ${job.token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
