import type { A_Const, Node, SelectStmt } from "libpg-query";
import type { Fingerprint } from "./fingerprint.ts";
import { skipBlank } from "./lexical.ts";
import { statementOf } from "./query-statements.ts";
import { type Literal, NumberLiteral, type Statement, type StatementTemplate } from "./statement.ts";
import { freezeTree, parseTree, visit } from "./tree.ts";

/** A template and what has to be equal for a text to share it. */
export interface SharedTemplate {
  readonly template: StatementTemplate;
  /** Literals that stayed in the tree, by their number in the text. */
  readonly pinned: ReadonlyMap<number, Literal>;
}

/** The tree does not hold the plain VALUES list that the fingerprint saw. */
export class NotFoldable extends Error {}

/** A constant's place in the tree. */
interface Slot {
  /** The object that wraps the constant. */
  readonly wrapper: Record<string, unknown>;
  /** The constant is the literal with a minus before it. */
  readonly negated: boolean;
}

/**
 * Parses a text and takes its literals out of the tree.
 *
 * A literal is *pinned* when its value decides what the statement is: the position in `ORDER BY 2` and `GROUP BY 1`, the length
 * in `VARCHAR(10)`, and whatever the grammar made into something other than a constant at the literal's own place with the
 * literal's own value. It stays in the tree, and only texts with the same value there share the template.
 *
 * @param source the text of the statement; of a folded INSERT with its first row alone.
 * @throws KalamError syntax_error and its like; NotFoldable
 */
export function makeTemplate(source: string, fingerprint: Fingerprint, offset: number): SharedTemplate {
  const root = parseTree(source);
  if (fingerprint.rows !== undefined) checkFoldable(root);
  const parameterCount = countParameters(root);
  const literals =
    fingerprint.rows === undefined ? fingerprint.literals : fingerprint.literals.slice(0, fingerprint.rows.width);
  const starts = fingerprint.starts.map((start) => start - offset);
  const slots = findSlots(root, source, literals, starts);
  if (fingerprint.rows !== undefined && slots.some((found) => found.length === 0)) throw new NotFoldable();
  const inputs: number[] = [];
  const pinned = new Map<number, Literal>();
  for (const [index, found] of slots.entries()) {
    if (found.length === 0) pinned.set(index, literals[index] ?? null);
    else {
      inputs.push(index);
      for (const slot of found) substitute(slot, parameterCount + inputs.length);
    }
  }
  return { template: freezeTree(describe(root, source, fingerprint, parameterCount, inputs, pinned)), pinned };
}

function describe(
  root: Node,
  source: string,
  fingerprint: Fingerprint,
  parameterCount: number,
  inputs: readonly number[],
  pinned: ReadonlyMap<number, Literal>,
): StatementTemplate {
  const statement = statementOf(root, source);
  return {
    statement: fingerprint.rows === undefined ? statement : folded(statement, fingerprint.rows.width),
    parameterCount,
    literalKinds: inputs.map((index) => fingerprint.kinds[index] ?? "any"),
    source: ownCopy(source),
    ...(pinned.size === 0 ? {} : { inputLiterals: inputs }),
  };
}

/** A slice would keep the whole request in memory for as long as the template lives. */
function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}

function folded(statement: Statement, rowLiterals: number): Statement {
  return statement.kind === "insert" ? { ...statement, rowLiterals } : statement;
}

function checkFoldable(root: Node): void {
  const source = "InsertStmt" in root ? root.InsertStmt.selectStmt : undefined;
  const select = source !== undefined && "SelectStmt" in source ? source.SelectStmt : undefined;
  if (select?.valuesLists?.length !== 1 || select.sortClause || select.limitCount || select.limitOffset)
    throw new NotFoldable();
}

/** For each literal the places where its constant stands; none for a pinned one. */
function findSlots(root: Node, source: string, literals: readonly Literal[], starts: readonly number[]): Slot[][] {
  const slots: Slot[][] = literals.map(() => []);
  const byStart = new Map(starts.map((start, index) => [start, index]));
  const fixed = fixedConstants(root);
  visit(root, (wrapper) => {
    const constant = wrapper.A_Const as A_Const | undefined;
    if (constant?.location === undefined || fixed.has(wrapper)) return;
    const at = constant.location;
    const own = byStart.get(at);
    // The grammar folds a minus into the number behind it and places the two at the sign.
    const index = own ?? (source[at] === "-" ? byStart.get(skipBlank(source, at + 1)) : undefined);
    if (index === undefined) return;
    const literal = literals[index] ?? null;
    const negated = own === undefined;
    if (sameValue(constant, negated ? negate(literal) : literal)) slots[index]?.push({ wrapper, negated });
  });
  return slots;
}

function negate(literal: Literal): Literal {
  return literal instanceof NumberLiteral ? new NumberLiteral(`-${literal.text}`) : literal;
}

/** Constants whose value is part of the statement's meaning. */
function fixedConstants(root: Node): Set<unknown> {
  const fixed = new Set<unknown>();
  visit(root, (node) => {
    for (const field of ["typmods", "arrayBounds"]) if (field in node) visit(node[field], (inner) => fixed.add(inner));
    const select = node as SelectStmt;
    for (const item of select.sortClause ?? []) if ("SortBy" in item) fixed.add(item.SortBy.node);
    for (const item of select.groupClause ?? []) fixGrouping(item, fixed);
    for (const item of select.distinctClause ?? []) fixed.add(item);
  });
  return fixed;
}

/** `GROUP BY 1`, `GROUP BY (1, 2)`, `GROUP BY ROLLUP (1)`. */
function fixGrouping(item: Node, fixed: Set<unknown>): void {
  if ("A_Const" in item) fixed.add(item);
  else if ("GroupingSet" in item) for (const inner of item.GroupingSet.content ?? []) fixGrouping(inner, fixed);
  else if ("RowExpr" in item) for (const inner of item.RowExpr.args ?? []) fixGrouping(inner, fixed);
}

function sameValue(constant: A_Const, literal: Literal): boolean {
  if (literal === null) return constant.isnull === true;
  if (typeof literal === "string") return constant.sval !== undefined && (constant.sval.sval ?? "") === literal;
  if (typeof literal === "boolean")
    return constant.boolval !== undefined && (constant.boolval.boolval ?? false) === literal;
  if (constant.ival !== undefined)
    return (constant.ival.ival ?? 0) === Number(literal.text) && /^-?\d+$/.test(literal.text);
  return constant.fval?.fval === literal.text;
}

function substitute({ wrapper, negated }: Slot, number: number): void {
  const { location = -1 } = wrapper.A_Const as A_Const;
  delete wrapper.A_Const;
  const input = { number, location };
  if (!negated) wrapper.ParamRef = input;
  else wrapper.A_Expr = { kind: "AEXPR_OP", name: [{ String: { sval: "-" } }], rexpr: { ParamRef: input }, location };
}

/** The greatest `$n` in a tree. */
export function countParameters(tree: unknown): number {
  let count = 0;
  visit(tree, (node) => {
    const parameter = node.ParamRef as { number?: number } | undefined;
    if (parameter !== undefined) count = Math.max(count, parameter.number ?? 0);
  });
  return count;
}
