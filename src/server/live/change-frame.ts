import type { LiveChange } from "../../engine/live/contract.ts";
import { quoteJson, type Row } from "../../engine/types/index.ts";
import { type Encoding, type Frame, jsonFrame, packedFrame } from "./frames.ts";
import { formerForm, type RowForm, rowFormsOf, rowJson, rowMap } from "./row-forms.ts";

/** A row of a change, and how much of it is told. */
interface Told {
  readonly form: RowForm;
  readonly row: Row;
}

/**
 * Makes the frames of one subscription's changes.
 *
 * A change that a thousand subscribers of equal queries get is encoded once: the row for all of them, the frame for all who gave
 * their subscription the same id.
 */
export class ChangeFrames {
  readonly #id: string;
  readonly #encoding: Encoding;
  readonly #key: string;
  readonly #head: string;

  constructor(subscriptionId: string, encoding: Encoding) {
    this.#id = subscriptionId;
    this.#encoding = encoding;
    this.#key = `${encoding.key} ${subscriptionId}`;
    this.#head = `{"type":"change","subscription_id":${quoteJson(subscriptionId)},`;
  }

  of(change: LiveChange): Frame {
    const made = change.cache.get(this.#key);
    if (made !== undefined) return made as Frame;
    const frame = this.#make(change);
    change.cache.set(this.#key, frame);
    return frame;
  }

  #make(change: LiveChange): Frame {
    const { protocol, gzip } = this.#encoding;
    if (protocol.serialization === "json") return jsonFrame(`${this.#head}${bodyOf(change)}`, gzip);
    const { now, former } = toldOf(change);
    const message = {
      type: "change",
      subscription_id: this.#id,
      change_type: change.type,
      ...(now === undefined ? {} : { rows: [rowMap(now.form, now.row)] }),
      ...(former === undefined ? {} : { old_values: [rowMap(former.form, former.row)] }),
    };
    return packedFrame(message, gzip);
  }
}

/** What is the same in the messages of all subscribers. */
function bodyOf(change: LiveChange): string {
  const made = change.cache.get("json");
  if (made !== undefined) return made as string;
  const { now, former } = toldOf(change);
  const rows = now === undefined ? "" : `,"rows":[${rowJson(now.form, now.row)}]`;
  const old = former === undefined ? "" : `,"old_values":[${rowJson(former.form, former.row)}]`;
  const body = `"change_type":"${change.type}"${rows}${old}}`;
  change.cache.set("json", body);
  return body;
}

function toldOf({ type, row, old, query }: LiveChange): { now: Told | undefined; former: Told | undefined } {
  const forms = rowFormsOf(query.columns);
  if (row === undefined) return { now: undefined, former: old && { form: forms.removed, row: old } };
  if (type === "insert" || old === undefined) return { now: { form: forms.whole, row }, former: undefined };
  return { now: { form: forms.updated, row }, former: { form: formerForm(query.columns, row, old), row: old } };
}
