import type { Node } from "libpg-query";
import { keySuccessor } from "../../rows/key-codec.ts";
import type { ColumnType, Value } from "../../types/column-type.ts";
import type { KeyRange } from "../relation.ts";
import type { Evaluate, Frame, Scope } from "./frame.ts";
import { type KeyCondition, keyConditions } from "./key-conditions.ts";
import type { KeyForm } from "./key-form.ts";
import { type KeyValue, toKeyValue } from "./key-values.ts";

/** The keys that a WHERE can mean: exact ones, or a range. What they lead to still has to pass the WHERE. */
export type KeyTarget = { readonly keys: readonly string[] } | { readonly range: KeyRange };

export interface KeyAccess {
  resolve(frame: Frame): KeyTarget;
  /** Leading key columns that are bound to one value each. */
  readonly equalities: number;
  /** `keys` when the whole key is bound. */
  readonly kind: "keys" | "range";
  /** The key column behind those is bounded. */
  readonly ranged: boolean;
}

/** More exact keys than this are not looked up one by one. */
const MAX_KEYS = 10_000;
const NOTHING: KeyTarget = { keys: [] };
const NO_ROW: readonly Value[] = [];

/**
 * Finds the way by key to the rows that a WHERE can mean, from what its ANDed parts say about leading key columns.
 *
 * Undefined when it says nothing about the first key column: then every row has to be looked at.
 */
export function compileKeyAccess(where: Node | undefined, scope: Scope, form: KeyForm): KeyAccess | undefined {
  if (where === undefined || scope.shape === undefined || form.types.length === 0) return undefined;
  return accessBy(keyConditions(where, scope, form), form);
}

/** Undefined when nothing is said about the first part. */
export function accessBy(conditions: readonly KeyCondition[], form: KeyForm): KeyAccess | undefined {
  const parts = form.types.length;
  const leading: Evaluate[] = [];
  while (leading.length < parts) {
    const equality = conditions.find((condition) => condition.part === leading.length && isSingle(condition));
    if (equality?.values[0] === undefined) break;
    leading.push(equality.values[0].evaluate);
  }
  const part = leading.length;
  const onPart = conditions.filter((condition) => condition.part === part);
  const list = part === parts - 1 ? onPart.find((condition) => condition.operator === "in") : undefined;
  if (part === parts || list !== undefined) {
    return new ExactKeys(
      form,
      leading,
      list?.values.map((value) => value.evaluate),
    );
  }
  const bounds = onPart.filter((condition) => condition.operator !== "in");
  return part === 0 && bounds.length === 0 ? undefined : new Prefix(form, leading, bounds);
}

function isSingle(condition: KeyCondition): boolean {
  return condition.operator === "=" || (condition.operator === "in" && condition.values.length === 1);
}

/** The values of the leading columns, or undefined when no row can have them. */
function leadingValues(types: readonly ColumnType[], leading: readonly Evaluate[], frame: Frame): Value[] | undefined {
  const values: Value[] = [];
  for (const [part, evaluate] of leading.entries()) {
    const value = toKeyValue(evaluate(NO_ROW, frame), types[part] as ColumnType);
    if (value.kind !== "exact") return undefined;
    values.push(value.value);
  }
  return values;
}

class ExactKeys implements KeyAccess {
  readonly kind = "keys";
  readonly ranged = false;
  readonly equalities: number;
  readonly #form: KeyForm;
  readonly #leading: readonly Evaluate[];
  readonly #last: readonly Evaluate[] | undefined;

  /** @param last the alternatives of the last part, when it is bound by IN. */
  constructor(form: KeyForm, leading: readonly Evaluate[], last: readonly Evaluate[] | undefined) {
    this.equalities = leading.length;
    this.#form = form;
    this.#leading = leading;
    this.#last = last;
  }

  resolve(frame: Frame): KeyTarget {
    const values = leadingValues(this.#form.types, this.#leading, frame);
    if (values === undefined) return NOTHING;
    if (this.#last === undefined) return { keys: [this.#form.encode(values)] };
    const type = this.#form.types[values.length] as ColumnType;
    const keys = new Set<string>();
    for (const evaluate of this.#last) {
      const value = toKeyValue(evaluate(NO_ROW, frame), type);
      if (value.kind === "exact") keys.add(this.#form.encode([...values, value.value]));
    }
    if (keys.size > MAX_KEYS) return { range: rangeOf(prefixBounds(this.#form.encode(values))) };
    return { keys: [...keys].sort(byBytes) };
  }
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Bound {
  readonly operator: KeyCondition["operator"];
  readonly evaluate: Evaluate;
}

class Prefix implements KeyAccess {
  readonly kind = "range";
  readonly equalities: number;
  readonly ranged: boolean;
  readonly #form: KeyForm;
  readonly #leading: readonly Evaluate[];
  readonly #bounds: readonly Bound[];

  constructor(form: KeyForm, leading: readonly Evaluate[], bounds: readonly KeyCondition[]) {
    this.equalities = leading.length;
    this.#form = form;
    this.#leading = leading;
    this.ranged = bounds.length > 0;
    this.#bounds = bounds.flatMap(({ operator, values }) =>
      values.map((value) => ({ operator, evaluate: value.evaluate })),
    );
  }

  resolve(frame: Frame): KeyTarget {
    const values = leadingValues(this.#form.types, this.#leading, frame);
    if (values === undefined) return NOTHING;
    const prefix = this.#form.encode(values);
    let { start, end } = prefixBounds(prefix);
    // No comparison holds for NULL.
    if (this.ranged && this.#form.nullPart !== undefined) end = prefix + this.#form.nullPart;
    const type = this.#form.types[values.length] as ColumnType;
    for (const bound of this.#bounds) {
      const value = toKeyValue(bound.evaluate(NO_ROW, frame), type);
      if (value.kind === "none") return NOTHING;
      const edge = this.#edge(bound.operator, value, values);
      if (edge === "nothing") return NOTHING;
      if (edge?.start !== undefined && (start === undefined || edge.start > start)) start = edge.start;
      if (edge?.end !== undefined && (end === undefined || edge.end < end)) end = edge.end;
    }
    if (start !== undefined && end !== undefined && start >= end) return NOTHING;
    return { range: rangeOf({ start, end }) };
  }

  /** What one comparison leaves of the range; undefined when it says nothing that a key can express. */
  #edge(
    operator: KeyCondition["operator"],
    value: KeyValue,
    leading: readonly Value[],
  ): KeyRange | "nothing" | undefined {
    const lower = operator === ">" || operator === ">=";
    if (value.kind === "above") return lower ? "nothing" : undefined;
    if (value.kind === "below") return lower ? undefined : "nothing";
    if (value.kind !== "exact" && value.kind !== "between") return undefined;
    const key = this.#form.encode([...leading, value.value]);
    // Between two keys, the value given is the next greater one.
    if (value.kind === "between") return lower ? { start: key } : { end: key };
    const behind = keySuccessor(key);
    if (operator === ">=") return { start: key };
    if (operator === "<") return { end: key };
    if (behind === undefined) return undefined;
    return operator === ">" ? { start: behind } : { end: behind };
  }
}

interface Bounds {
  readonly start: string | undefined;
  readonly end: string | undefined;
}

function prefixBounds(prefix: string): Bounds {
  return prefix === "" ? { start: undefined, end: undefined } : { start: prefix, end: keySuccessor(prefix) };
}

function rangeOf({ start, end }: Bounds): KeyRange {
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}
