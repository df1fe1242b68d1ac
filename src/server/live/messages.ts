import { gunzipSync } from "node:zlib";
import { Unpackr } from "msgpackr";
import * as v from "valibot";
import type { LiveOptions } from "../../engine/live/contract.ts";
import { parseLossless, WholeNumber } from "../http/lossless-json.ts";

const MAX_SEQ = 2n ** 63n - 1n;
const MAX_ROWS = 2 ** 32 - 1;

/** A `_seq` or a moment, however a client's language writes 63 bits. */
const wholeNumber = (what: string) =>
  v.pipe(
    v.union(
      [
        v.pipe(v.number(), v.safeInteger()),
        v.bigint(),
        v.pipe(
          v.instance(WholeNumber),
          v.transform(({ value }) => value),
        ),
        v.pipe(v.string(), v.regex(/^\d{1,19}$/)),
      ],
      `${what} must be a whole number`,
    ),
    v.transform((value) => BigInt(value)),
    v.minValue(0n, `${what} must not be negative`),
    v.maxValue(MAX_SEQ, `${what} must fit into 63 bits`),
  );

const rows = (what: string) => {
  const text = `${what} must be a whole number from 0 to ${MAX_ROWS}`;
  return v.pipe(v.number(text), v.integer(text), v.minValue(0, text), v.maxValue(MAX_ROWS, text));
};

/** null and missing are one. */
const optional = <T extends {}>(schema: v.GenericSchema<unknown, T>) =>
  v.pipe(
    v.nullish(schema),
    v.transform((value): T | undefined => value ?? undefined),
  );

const text = (what: string) => v.string(`${what} must be a string`);

const options = v.pipe(
  v.object({
    batch_size: optional(rows("batch_size")),
    last_rows: optional(rows("last_rows")),
    from: optional(wholeNumber("from")),
    from_seq_id: optional(wholeNumber("from_seq_id")),
    until: optional(wholeNumber("until")),
    since: optional(wholeNumber("since")),
    gone_in_batch: optional(v.boolean("gone_in_batch must be true or false")),
  }),
  v.transform(({ gone_in_batch: goneInBatch, ...given }) => ({
    goneInBatch: goneInBatch ?? false,
    engine: engineOptions(given),
  })),
);

/** Only what was given: what is missing may stand in the text of the query. */
function engineOptions(given: GivenOptions): LiveOptions {
  const from = given.from ?? given.from_seq_id;
  return {
    ...(given.batch_size === undefined ? {} : { batchSize: given.batch_size }),
    ...(given.last_rows === undefined ? {} : { lastRows: given.last_rows }),
    ...(from === undefined ? {} : { from }),
    ...(given.until === undefined ? {} : { until: given.until }),
    ...(given.since === undefined ? {} : { since: given.since }),
  };
}

interface GivenOptions {
  readonly batch_size?: number | undefined;
  readonly last_rows?: number | undefined;
  readonly from?: bigint | undefined;
  readonly from_seq_id?: bigint | undefined;
  readonly until?: bigint | undefined;
  readonly since?: bigint | undefined;
}

const authenticate = v.object({
  type: v.literal("authenticate"),
  method: v.literal("jwt", 'the only method is "jwt"'),
  token: text("token"),
  protocol: v.object({
    serialization: v.picklist(["json", "msgpack"], 'serialization is "json" or "msgpack"'),
    compression: v.picklist(["none", "gzip"], 'compression is "none" or "gzip"'),
  }),
});

const subscribe = v.object({
  type: v.literal("subscribe"),
  subscription: v.object({
    id: text("id"),
    sql: text("sql"),
    params: optional(v.array(v.unknown(), "params must be an array")),
    options: optional(options),
  }),
});

const nextBatch = v.pipe(
  v.object({
    type: v.literal("next_batch"),
    subscription_id: text("subscription_id"),
    last_seq_id: optional(wholeNumber("last_seq_id")),
  }),
  v.transform(({ type, subscription_id: id, last_seq_id: lastSeq }) => ({ type, id, lastSeq })),
);

const unsubscribe = v.pipe(
  v.object({ type: v.literal("unsubscribe"), subscription_id: text("subscription_id") }),
  v.transform(({ type, subscription_id: id }) => ({ type, id })),
);

const message = v.variant("type", [
  authenticate,
  subscribe,
  nextBatch,
  unsubscribe,
  v.object({ type: v.literal("ping") }),
]);

/** A client's message, checked. Fields that are not known are ignored. */
export type Incoming = v.InferOutput<typeof message>;
export type IncomingSubscription = Extract<Incoming, { type: "subscribe" }>["subscription"];

/** Why a message cannot be read; the text is for its sender. */
export class InvalidMessage extends Error {
  override readonly name = "InvalidMessage";
}

/** @throws InvalidMessage */
export function readJsonMessage(payload: Buffer): Incoming {
  return check(attempt(() => parseLossless(payload.toString("utf8"))));
}

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "bigint" });

/**
 * MessagePack, which may be compressed.
 *
 * @param maximum bytes that it may have when it is not
 * @throws InvalidMessage
 */
export function readPackedMessage(payload: Buffer, maximum: number): Incoming {
  return check(attempt(() => unpackr.unpack(isGzip(payload) ? inflate(payload, maximum) : payload)));
}

export function isGzip(payload: Uint8Array): boolean {
  return payload[0] === 0x1f && payload[1] === 0x8b;
}

function inflate(payload: Buffer, maximum: number): Buffer {
  return gunzipSync(payload, { maxOutputLength: maximum });
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidMessage(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function check(value: unknown): Incoming {
  const result = v.safeParse(message, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new InvalidMessage(explain(issue));
}

function explain(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  if (path === null) return "expected an object with a type";
  if (path === "type") return `unknown message type ${issue.received}`;
  return issue.type === "object" && issue.received === "undefined" ? `missing field \`${path}\`` : issue.message;
}
