import type { LiveBatch, LiveColumn, LiveQueryShape, LiveRole } from "../../engine/live/contract.ts";
import { quoteJson, type Row } from "../../engine/types/index.ts";
import type { BatchControl, SubscriptionAckMessage } from "../../protocol/live.ts";
import { schemaField } from "../http/result-encoder.ts";
import { type Encoding, type Frame, jsonFrame, longFrame, packedFrame } from "./frames.ts";
import { rowFormsOf, rowJson, rowMap } from "./row-forms.ts";

/** A batch whose rows need more than this is cut: a client can take no more at once, however many rows it has asked for. */
const MAX_BATCH_CHARACTERS = 4 * 1024 * 1024;

/** One batch of first rows as it is sent. */
export interface SentBatch {
  /** Encoded, each as JSON. */
  readonly rows: readonly string[];
  readonly source: readonly Row[];
  readonly gone: readonly Row[];
  readonly hasMore: boolean;
  readonly lastSeq: bigint | null;
}

/** Takes as many rows of a batch as one message may have; what is left comes with the next. */
export function cutBatch(columns: readonly LiveColumn[], batch: LiveBatch): SentBatch {
  const { whole } = rowFormsOf(columns);
  const rows: string[] = [];
  let size = 0;
  for (const row of batch.rows) {
    const json = rowJson(whole, row);
    if (rows.length > 0 && size + json.length > MAX_BATCH_CHARACTERS) break;
    rows.push(json);
    size += json.length;
  }
  const { hasMore, lastSeq, gone } = batch;
  if (rows.length === batch.rows.length) return { rows, source: batch.rows, gone, hasMore, lastSeq };
  const source = batch.rows.slice(0, rows.length);
  const end = seqOf(columns, source.at(-1) as Row);
  return { rows, source, gone: gone.filter((row) => seqOf(columns, row) <= end), hasMore: true, lastSeq: end };
}

function seqOf(columns: readonly LiveColumn[], row: Row): bigint {
  return row[columns.findIndex(({ role }) => role === "seq")] as bigint;
}

export function batchControl(batch: number, sent: Pick<SentBatch, "hasMore" | "lastSeq">): BatchControl {
  const loading = batch === 0 ? "loading" : "loading_batch";
  const status = sent.hasMore ? loading : "ready";
  return { batch_num: batch, has_more: sent.hasMore, status, last_seq_id: sent.lastSeq };
}

/** What a subscription is answered with first. */
export function acknowledgement(
  { protocol, gzip }: Encoding,
  subscriptionId: string,
  query: LiveQueryShape,
  control: BatchControl,
): Frame {
  const schema = query.columns.filter(({ role }) => isShown(role, query.all)).map(schemaField);
  if (protocol.serialization === "json") {
    const id = quoteJson(subscriptionId);
    return jsonFrame(
      `{"type":"subscription_ack","subscription_id":${id},"total_rows":0,"batch_control":${controlJson(control)},"schema":${JSON.stringify(schema)}}`,
      gzip,
    );
  }
  const message: SubscriptionAckMessage = {
    type: "subscription_ack",
    subscription_id: subscriptionId,
    total_rows: 0,
    batch_control: control,
    schema,
  };
  return packedFrame(message, gzip);
}

/** With `*` the columns that every row has besides are shown too. */
function isShown(role: LiveRole, all: boolean): boolean {
  return role === "selected" || role === "user" || (all && role !== "key");
}

/** `last_seq_id` is a number of up to 63 bits, which `JSON.stringify` cannot write. */
function controlJson({ batch_num, has_more, status, last_seq_id }: BatchControl): string {
  return `{"batch_num":${batch_num},"has_more":${has_more},"status":"${status}","last_seq_id":${last_seq_id}}`;
}

/** @param gone whether the rows that are gone belong into the message */
export function batchFrame(
  encoding: Encoding,
  subscriptionId: string,
  columns: readonly LiveColumn[],
  sent: SentBatch,
  control: BatchControl,
  gone: boolean,
): Promise<Frame> {
  const forms = rowFormsOf(columns);
  const told = gone ? sent.gone : [];
  if (encoding.protocol.serialization === "json") {
    const goneJson = told.length === 0 ? "" : `"gone":[${told.map((row) => rowJson(forms.gone, row)).join(",")}],`;
    const text = `{"type":"initial_data_batch","subscription_id":${quoteJson(subscriptionId)},"rows":[${sent.rows.join(",")}],${goneJson}"batch_control":${controlJson(control)}}`;
    return longFrame(text, encoding.gzip);
  }
  const message = {
    type: "initial_data_batch",
    subscription_id: subscriptionId,
    rows: sent.source.map((row) => rowMap(forms.whole, row)),
    ...(told.length === 0 ? {} : { gone: told.map((row) => rowMap(forms.gone, row)) }),
    batch_control: control,
  };
  return longFrame(message, encoding.gzip);
}

/** A row that was deleted, or left the filter, while nobody listened. */
export function goneFrame(
  { protocol, gzip }: Encoding,
  subscriptionId: string,
  columns: readonly LiveColumn[],
  row: Row,
): Frame {
  const form = rowFormsOf(columns).gone;
  if (protocol.serialization === "json") {
    const id = quoteJson(subscriptionId);
    const values = rowJson(form, row);
    return jsonFrame(`{"type":"change","subscription_id":${id},"change_type":"delete","old_values":[${values}]}`, gzip);
  }
  const message = {
    type: "change",
    subscription_id: subscriptionId,
    change_type: "delete",
    old_values: [rowMap(form, row)],
  };
  return packedFrame(message, gzip);
}
