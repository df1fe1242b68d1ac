import type { ResultType, Value } from "../../types/column-type.ts";
import { Compiled, dependencyOf } from "./frame.ts";
import { compactJson, jsonAsText, jsonElement, jsonHas, jsonMember } from "./json-text.ts";
import { NotSimple } from "./not-simple.ts";
import { InputOperand, isUntyped, type Operand, settle } from "./operand.ts";

const JSON_TYPE: ResultType = { kind: "json" };
const TEXT: ResultType = { kind: "text" };
const BOOLEAN: ResultType = { kind: "boolean" };

/** `json -> key`, `json ->> key`, `json ? key`; a key is text, or a whole number for the elements of an array. */
export function compileJsonOperator(operator: "->" | "->>" | "?", left: Operand, right: Operand): Compiled {
  const document = isUntyped(left) ? left.as(JSON_TYPE) : settle(left);
  if (document.type.kind !== "json") throw new NotSimple(`${operator} on ${document.type.kind}`);
  const key = keyOf(right);
  if (operator === "?") {
    if (key.type.kind !== "text") throw new NotSimple("? with a key that is no text");
    return combine(BOOLEAN, document, key, (text, name) => jsonHas(text, name as string));
  }
  const read =
    key.type.kind === "text"
      ? (text: string, name: Value) => jsonMember(text, name as string)
      : (text: string, index: Value) => jsonElement(text, index as number);
  if (operator === "->") {
    return combine(JSON_TYPE, document, key, (text, name) => {
      const found = read(text, name);
      return found === undefined ? null : compactJson(found);
    });
  }
  return combine(TEXT, document, key, (text, name) => {
    const found = read(text, name);
    return found === undefined ? null : (jsonAsText(found) ?? null);
  });
}

function keyOf(operand: Operand): Compiled {
  if (operand instanceof InputOperand && operand.kind === "parameter") throw new NotSimple("a JSON key as a parameter");
  const key = settle(operand);
  if (key.type.kind !== "text" && key.type.kind !== "integer")
    throw new NotSimple(`a JSON key of type ${key.type.kind}`);
  return key;
}

function combine(
  type: ResultType,
  document: Compiled,
  key: Compiled,
  apply: (text: string, key: Value) => Value,
): Compiled {
  const [left, right] = [document.evaluate, key.evaluate];
  return new Compiled(
    type,
    (row, frame) => {
      const text = left(row, frame);
      const name = right(row, frame);
      return text === null || name === null ? null : apply(text as string, name);
    },
    dependencyOf([document, key]),
  );
}
