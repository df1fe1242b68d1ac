import type { Node } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import { backticksToQuotes } from "./backticks.ts";
import { checkNesting } from "./complexity.ts";
import { type GrammarText, quoteDefaultNames } from "./default-names.ts";
import { GrammarError, parseWithGrammar } from "./grammar.ts";
import { fromCodePoints, utf16Offsets } from "./positions.ts";
import { withoutEmptyCalls } from "./value-functions.ts";

interface RawTree {
  readonly stmts?: readonly { readonly stmt?: Node }[];
}

/** Fields of PostgreSQL's nodes that hold offsets into the text. */
const OFFSET_FIELDS = new Set([
  "location",
  "name_location",
  "list_start",
  "list_end",
  "rexpr_list_start",
  "rexpr_list_end",
  "stmt_location",
]);

/**
 * Parses one statement with PostgreSQL's grammar. Offsets in the tree are UTF-16 units of `text`.
 *
 * @throws KalamError syntax_error in PostgreSQL's words, or statement_too_complex.
 */
export function parseTree(text: string): Node {
  checkNesting(text);
  // Backticks are MySQL's quotes; in PostgreSQL nothing else begins with one.
  const source = quoteDefaultNames(withoutEmptyCalls(text.includes("`") ? backticksToQuotes(text) : text));
  const { stmts = [] } = parseRaw(source);
  const [first, second] = stmts;
  if (first?.stmt === undefined) throw new KalamError("syntax_error", { message: "syntax error at end of input" });
  if (second !== undefined) throw new KalamError("syntax_error", { message: "cannot run several statements as one" });
  const toUtf16 = utf16Offsets(source.text);
  visit(first.stmt, (node) => placeIn(node, (byteOffset) => source.toOriginal(toUtf16(byteOffset))));
  return first.stmt;
}

function parseRaw({ text, toOriginal }: GrammarText): RawTree {
  try {
    return parseWithGrammar(text) as RawTree;
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    if (error.message.startsWith("memory exhausted"))
      throw new KalamError("statement_too_complex", {}, { cause: error });
    const position = toOriginal(fromCodePoints(text, error.codePoints));
    throw new KalamError("syntax_error", { message: error.message }, { position });
  }
}

function placeIn(node: Record<string, unknown>, toOffset: (byteOffset: number) => number): void {
  for (const field in node) {
    const value = node[field];
    if (typeof value === "number" && value > 0 && OFFSET_FIELDS.has(field)) node[field] = toOffset(value);
  }
}

/** Calls back for every object of a tree, parents first, without recursion. */
export function visit(root: unknown, each: (node: Record<string, unknown>) => void): void {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const next = pending.pop();
    if (Array.isArray(next)) {
      for (let at = next.length - 1; at >= 0; at--) pending.push(next[at]);
    } else if (typeof next === "object" && next !== null) {
      const node = next as Record<string, unknown>;
      each(node);
      for (const field in node) {
        const value = node[field];
        if (typeof value === "object" && value !== null) pending.push(value);
      }
    }
  }
}

/** Shared trees are frozen: whoever wants to change one has to copy it. */
export function freezeTree<T>(root: T): T {
  visit(root, (node) => {
    for (const field in node) if (Array.isArray(node[field])) Object.freeze(node[field]);
    Object.freeze(node);
  });
  return root;
}
