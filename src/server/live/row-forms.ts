import type { LiveColumn, LiveRole } from "../../engine/live/contract.ts";
import { jsonEncoder, quoteJson, type Row, type Value } from "../../engine/types/index.ts";

interface Field {
  readonly name: string;
  readonly index: number;
  readonly role: LiveRole;
  /** `"name":` */
  readonly head: string;
  readonly json: (value: Value) => string;
}

/** Which of the columns of a query a row on the wire has. */
export interface RowForm {
  readonly fields: readonly Field[];
}

/** The forms that rows of one query have on the wire. */
export interface RowForms {
  /** First rows and rows that enter the result: what was selected, `_seq`, and `_deleted` with `*`. */
  readonly whole: RowForm;
  /** The new row of an update: the key too, by which it is found again. */
  readonly updated: RowForm;
  /** Of an update's former row, what has changed is added to these. */
  readonly identity: RowForm;
  /** A row that left: everything. */
  readonly removed: RowForm;
  /** A row that is gone since a resumed subscription was left. */
  readonly gone: RowForm;
}

/** Equal queries share their columns, so what can be made from them is made once. */
const forms = new WeakMap<readonly LiveColumn[], RowForms>();

export function rowFormsOf(columns: readonly LiveColumn[]): RowForms {
  let made = forms.get(columns);
  if (made === undefined) {
    made = makeForms(columns);
    forms.set(columns, made);
  }
  return made;
}

function makeForms(columns: readonly LiveColumn[]): RowForms {
  const fields = columns.map((column, index) => ({
    name: column.name,
    index,
    role: column.role,
    head: `${quoteJson(column.name)}:`,
    json: jsonEncoder(column.type),
  }));
  const isKey = (field: Field): boolean => columns[field.index]?.primaryKey === true;
  const all = { fields };
  return {
    whole: { fields: fields.filter(({ role }) => role !== "key") },
    updated: { fields: fields.filter(({ role }) => role !== "deleted") },
    identity: { fields: fields.filter((field) => isKey(field) || field.role === "seq" || field.role === "user") },
    removed: all,
    gone: { fields: fields.filter((field) => isKey(field) || field.role !== "selected") },
  };
}

/** The former row of an update as it is told: identity, and the columns that have another value now. */
export function formerForm(columns: readonly LiveColumn[], now: Row, former: Row): RowForm {
  const { updated, identity } = rowFormsOf(columns);
  const told = new Set(identity.fields);
  const changed = (field: Field): boolean =>
    field.json(now[field.index] ?? null) !== field.json(former[field.index] ?? null);
  return { fields: updated.fields.filter((field) => told.has(field) || changed(field)) };
}

export function rowJson({ fields }: RowForm, row: Row): string {
  let out = "{";
  for (let i = 0; i < fields.length; i++) {
    const { head, index, json } = fields[i] as Field;
    out += i === 0 ? head : `,${head}`;
    out += json(row[index] ?? null);
  }
  return `${out}}`;
}

/** For MessagePack: the values that the JSON of the row would have, but that whole numbers keep all their digits. */
export function rowMap({ fields }: RowForm, row: Row): Map<string, unknown> {
  const out = new Map<string, unknown>();
  for (const { name, index, json } of fields) {
    const value = row[index] ?? null;
    // Everything but text is written alike in both; a JSON parser would round timestamps beyond 2^53.
    out.set(name, typeof value === "bigint" ? wholeNumber(json(value)) : JSON.parse(json(value)));
  }
  return out;
}

/** BIGINT is text on the wire, a moment a number. */
function wholeNumber(json: string): string | number | bigint {
  if (json.startsWith('"')) return json.slice(1, -1);
  const number = Number(json);
  return Number.isSafeInteger(number) ? number : BigInt(json);
}
