import { KalamError } from "../../../errors/index.ts";
import type { ResultType, Value } from "../../types/column-type.ts";
import { formatText } from "../../types/index.ts";
import { LONGEST_MADE_TEXT } from "../../types/size.ts";
import { Compiled, dependencyOf, type Evaluate } from "./frame.ts";
import { characterCount, isAscii, lowerCase, upperCase } from "./letter-case.ts";
import { NotSimple } from "./not-simple.ts";
import { isUntyped, type Operand, settle, typeOf } from "./operand.ts";
import { type Category, categoryOf } from "./type-rules.ts";

const TEXT: ResultType = { kind: "text" };
const INTEGER: ResultType = { kind: "integer" };
const BOOLEAN: ResultType = { kind: "boolean" };

/** The operand as text where a function takes only text. */
export function textArgument(operand: Operand, name: string): Compiled {
  if (isUntyped(operand)) return operand.as(TEXT);
  const value = settle(operand);
  if (value.type.kind !== "text") throw new NotSimple(`${name} of ${value.type.kind}`);
  return value;
}

function countArgument(operand: Operand, name: string): Compiled {
  if (isUntyped(operand)) return operand.as(INTEGER);
  const value = settle(operand);
  if (value.type.kind !== "integer" && value.type.kind !== "smallint")
    throw new NotSimple(`${name} by ${value.type.kind}`);
  return value;
}

/** A function that is NULL when any argument is. */
function strict(type: ResultType, parts: readonly Compiled[], apply: (...values: never[]) => Value): Compiled {
  const evaluations = parts.map((part) => part.evaluate);
  const call = apply as (...values: unknown[]) => Value;
  const evaluate: Evaluate = (row, frame) => {
    const values = evaluations.map((part) => part(row, frame));
    return values.includes(null) ? null : call(...values);
  };
  return new Compiled(type, evaluate, dependencyOf(parts));
}

type Builder = (args: readonly Operand[]) => Compiled;

type TextFunction = (text: string, second?: string, third?: string) => Value;

const onText =
  (name: string, type: ResultType, apply: TextFunction, count = 1): Builder =>
  (args) => {
    if (args.length !== count) throw new NotSimple(`${name} with ${args.length} arguments`);
    return strict(
      type,
      args.map((arg) => textArgument(arg, name)),
      apply as (...values: never[]) => Value,
    );
  };

const onTextAndCount =
  (name: string, apply: (text: string, count: number) => string): Builder =>
  (args) => {
    const [text, count] = args;
    if (text === undefined || count === undefined || args.length > 2) throw new NotSimple(`${name} of this shape`);
    return strict(TEXT, [textArgument(text, name), countArgument(count, name)], apply as (...values: never[]) => Value);
  };

/** Functions on text, by name. */
export const TEXT_FUNCTIONS: Readonly<Record<string, Builder>> = {
  lower: onText("lower", TEXT, lowerCase),
  upper: onText("upper", TEXT, upperCase),
  length: onText("length", INTEGER, characterCount),
  char_length: onText("char_length", INTEGER, characterCount),
  character_length: onText("character_length", INTEGER, characterCount),
  btrim: onText("btrim", TEXT, (text) => text.replace(/^ +/, "").replace(/(?<! ) +$/, "")),
  ltrim: onText("ltrim", TEXT, (text) => text.replace(/^ +/, "")),
  rtrim: onText("rtrim", TEXT, (text) => text.replace(/(?<! ) +$/, "")),
  replace: onText("replace", TEXT, (text, from = "", to = "") => replaceAll(text, from, to), 3),
  position: onText("position", INTEGER, placeOf, 2),
  strpos: onText("strpos", INTEGER, placeOf, 2),
  starts_with: onText("starts_with", BOOLEAN, (text, start = "") => text.startsWith(start), 2),
  left: onTextAndCount("left", (text, count) => slice(text, 0, count < 0 ? characterCount(text) + count : count)),
  right: onTextAndCount("right", (text, count) => {
    const total = characterCount(text);
    return slice(text, count < 0 ? Math.min(-count, total) : Math.max(0, total - count), total);
  }),
  substring,
  substr: substring,
  concat: (args) => concat(args),
};

/** @throws KalamError requested_length */
function replaceAll(text: string, from: string, to: string): string {
  if (from === "") return text;
  if (to.length > from.length && text.length * to.length > LONGEST_MADE_TEXT) {
    const found = text.split(from).length - 1;
    if (text.length + found * to.length > LONGEST_MADE_TEXT) throw new KalamError("requested_length");
  }
  return text.replaceAll(from, () => to);
}

function placeOf(text: string, part = ""): number {
  const at = text.indexOf(part);
  return at < 0 ? 0 : characterCount(text.slice(0, at)) + 1;
}

/** Code points `from` up to `to`. */
function slice(text: string, from: number, to: number): string {
  if (to <= from) return "";
  return isAscii(text) ? text.slice(from, to) : Array.from(text).slice(from, to).join("");
}

function substring(args: readonly Operand[]): Compiled {
  const [text, start, length] = args;
  if (text === undefined || start === undefined || args.length > 3) throw new NotSimple("substring of this shape");
  const from = countArgument(start, "substring");
  const parts = [textArgument(text, "substring"), from];
  if (length !== undefined) parts.push(countArgument(length, "substring"));
  return strict(TEXT, parts, ((value: string, first: number, count?: number) => {
    if (count !== undefined && count < 0) throw new KalamError("invalid_substring");
    const end = count === undefined ? value.length : first - 1 + count;
    return slice(value, Math.max(0, first - 1), Math.max(0, end));
  }) as (...values: never[]) => Value);
}

function asText(operand: Operand): Compiled {
  if (isUntyped(operand)) return operand.as(TEXT);
  const value = settle(operand);
  const { type } = value;
  if (type.kind === "text") return value;
  if (type.kind === "interval" || type.kind === "list" || type.kind === "boolean")
    throw new NotSimple(`${type.kind} as text`);
  return strict(TEXT, [value], ((item: Value) => formatText(item, type)) as (...values: never[]) => Value);
}

function concat(args: readonly Operand[]): Compiled {
  if (args.length === 0) throw new NotSimple("concat of nothing");
  const parts = args.map(asText);
  const evaluations = parts.map((part) => part.evaluate);
  const evaluate: Evaluate = (row, frame) => {
    let joined = "";
    for (const part of evaluations) joined += part(row, frame) ?? "";
    return joined;
  };
  return new Compiled(TEXT, evaluate, dependencyOf(parts));
}

/** Categories on which `||` means something else, or whose text form is not the same everywhere. */
const JOINED_OTHERWISE: ReadonlySet<Category> = new Set(["other", "bytes", "boolean"]);

/** `left || right`: NULL when either is. One side at least must be text. */
export function compileConcatenation(left: Operand, right: Operand): Compiled {
  const types = [typeOf(left), typeOf(right)];
  const isText = types.some((type) => type === undefined || type.kind === "text");
  const isPlain = types.every((type) => type === undefined || !JOINED_OTHERWISE.has(categoryOf(type)));
  if (!isText || !isPlain) throw new NotSimple("|| on values that are no text");
  return strict(
    TEXT,
    [asText(left), asText(right)],
    ((a: string, b: string) => a + b) as (...values: never[]) => Value,
  );
}
