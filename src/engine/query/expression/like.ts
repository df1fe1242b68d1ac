import { KalamError } from "../../../errors/index.ts";
import type { ResultType } from "../../types/column-type.ts";
import { Compiled, dependencyOf, type Evaluate } from "./frame.ts";
import { characterCount, lowerCase } from "./letter-case.ts";
import type { Operand } from "./operand.ts";
import { LikePattern } from "./pattern.ts";
import { textArgument } from "./text-functions.ts";

const BOOLEAN: ResultType = { kind: "boolean" };

interface LikeOptions {
  readonly negated: boolean;
  readonly ignoreCase: boolean;
}

/**
 * `value [NOT] [I]LIKE pattern [ESCAPE mark]`. A pattern is prepared when it changes, so usually once.
 *
 * @param mark the escape character: undefined for the backslash; empty text turns escaping off.
 */
export function compileLike(
  value: Operand,
  pattern: Operand,
  mark: Operand | undefined,
  options: LikeOptions,
): Compiled {
  const text = textArgument(value, "LIKE");
  const wanted = textArgument(pattern, "LIKE");
  const escapeText = mark === undefined ? undefined : textArgument(mark, "ESCAPE");
  const { negated, ignoreCase } = options;
  const matcher = new Matcher(ignoreCase);
  const evaluate: Evaluate = (row, frame) => {
    const subject = text.evaluate(row, frame);
    const like = wanted.evaluate(row, frame);
    if (subject === null || like === null) return null;
    const character = escapeText === undefined ? "\\" : escapeText.evaluate(row, frame);
    if (character === null) return null;
    return (
      matcher.prepare(like as string, character as string).matches(fold(subject as string, ignoreCase)) !== negated
    );
  };
  return new Compiled(BOOLEAN, evaluate, dependencyOf(escapeText ? [text, wanted, escapeText] : [text, wanted]));
}

function fold(text: string, ignoreCase: boolean): string {
  return ignoreCase ? lowerCase(text) : text;
}

/** Keeps the last pattern that was prepared. */
class Matcher {
  readonly #ignoreCase: boolean;
  #like = "";
  #mark = "\\";
  #pattern = new LikePattern("");

  constructor(ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
  }

  prepare(like: string, mark: string): LikePattern {
    if (like === this.#like && mark === this.#mark) return this.#pattern;
    if (characterCount(mark) > 1) throw new KalamError("invalid_escape", { message: "invalid escape string" });
    this.#pattern = new LikePattern(like, mark, this.#ignoreCase ? lowerCase : undefined);
    this.#like = like;
    this.#mark = mark;
    return this.#pattern;
  }
}
