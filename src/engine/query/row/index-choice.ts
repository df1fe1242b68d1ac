import type { Node } from "libpg-query";
import type { SecondaryIndex } from "../../rows/indexes/secondary-index.ts";
import { type Expression, type Frame, type Scope, STATEMENT } from "../expression/frame.ts";
import { IndexAccess } from "../expression/index-access.ts";
import type { KeyAccess } from "../expression/key-access.ts";
import type { IndexRead, Relation, RelationShape } from "../relation.ts";
import type { SortKey } from "./ordering.ts";

/** The index that a query is best answered by, where it has one. */
export interface IndexChoice {
  readonly access: IndexAccess;
  readonly order: IndexRead["order"];
}

/** What is wanted of the rows. */
export interface Wanted {
  readonly where: Node | undefined;
  readonly order: readonly SortKey[];
  readonly hasLimit: boolean;
}

/**
 * The index of which the query says most: as many leading columns as possible bound to a value, then the order that is asked for,
 * then bounds. The primary key goes first where it says as much.
 */
export function chooseIndex(
  indexes: readonly SecondaryIndex[],
  key: KeyAccess | undefined,
  scope: Scope,
  { where, order, hasLimit }: Wanted,
): IndexChoice | undefined {
  const { shape } = scope;
  if (shape === undefined || indexes.length === 0 || key?.kind === "keys") return undefined;
  let best: IndexChoice | undefined;
  let bestScore = key === undefined ? 0 : scoreOf(key.equalities, false, key.ranged);
  for (const index of indexes) {
    if (!index.ready) continue;
    const access = new IndexAccess(index, where, scope);
    const { equalities, ranged } = access;
    const served = hasLimit ? orderServed(order, index, shape, equalities) : undefined;
    const score = scoreOf(equalities, served !== undefined, ranged);
    if (score <= bestScore) continue;
    best = { access, order: served ?? "key" };
    bestScore = score;
  }
  return best;
}

/**
 * Reads a relation by the index, if that pays at this moment.
 * @param wanted how many rows that meet the WHERE are enough
 */
export function readByIndex(
  relation: Relation,
  { access, order }: IndexChoice,
  where: Expression | undefined,
  wanted: number,
  frame: Frame,
): ReturnType<NonNullable<Relation["byIndex"]>> {
  return relation.byIndex?.({
    index: access.index,
    ranges: access.ranges(frame),
    comparisons: access.comparisons(frame),
    order,
    wanted,
    matches: (row) => where === undefined || where.evaluate(row, frame) === true,
    timers: frame.runtime.timers,
  });
}

function scoreOf(equalities: number, ordered: boolean, ranged: boolean): number {
  return 4 * equalities + (ordered ? 2 : 0) + (ranged ? 1 : 0);
}

/**
 * How the index gives rows in this order, rows that it leaves equal in the order of their keys; undefined when it does not. That
 * takes all of its columns, or all of them and then the key in the same direction.
 */
function orderServed(
  order: readonly SortKey[],
  index: SecondaryIndex,
  shape: RelationShape,
  bound: number,
): IndexRead["order"] | undefined {
  const slots = [...index.slots, ...shape.keySlots];
  let next = bound;
  let descending: boolean | undefined;
  for (const part of order) {
    const { slot, dependency } = part.expression;
    if (dependency <= STATEMENT) continue;
    if (slot === undefined) return undefined;
    const place = slots.indexOf(slot);
    if (place >= 0 && place < bound) continue;
    if (next === slots.length) break;
    if (slot !== slots[next]) return undefined;
    const nullable = shape.columns.find((column) => column.slot === slot)?.notNull !== true;
    if (nullable && part.nullsFirst !== part.descending) return undefined;
    if (descending !== undefined && descending !== part.descending) return undefined;
    descending = part.descending;
    next++;
  }
  if (next === index.slots.length) return descending === true ? "backward" : "forward";
  if (next < slots.length) return undefined;
  return descending === true ? "backward with keys" : "forward";
}
