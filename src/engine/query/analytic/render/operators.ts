import { KalamError } from "../../../../errors/index.ts";
import type { ResultKind, ResultType } from "../../../types/column-type.ts";
import { postgresTypeName } from "../../../types/type-display.ts";
import {
  BIGINT,
  BOOLEAN,
  type Bound,
  constantNumber,
  DOUBLE,
  decide,
  INTEGER,
  INTERVAL,
  isFloat,
  isNumeric,
  isTemporal,
  isUnknown,
  isWhole,
  TEXT,
} from "./bound.ts";
import { textOf } from "./casts.ts";
import { unsupported } from "./env.ts";
import { JSON_OPERATORS, jsonOperator } from "./functions/json-paths.ts";
import { vectorDistance } from "./functions/lists.ts";
import { like, matches } from "./patterns.ts";

const COMPARISONS: ReadonlyMap<string, string> = new Map([
  ["=", "="],
  ["<>", "<>"],
  ["!=", "<>"],
  ["<", "<"],
  [">", ">"],
  ["<=", "<="],
  [">=", ">="],
]);

const DISTANCES: ReadonlyMap<string, string> = new Map([
  ["<->", "array_distance"],
  ["<=>", "array_cosine_distance"],
  ["<#>", "array_negative_inner_product"],
]);

/** Kinds that compare with each other. */
const FAMILY: Readonly<Partial<Record<ResultKind, string>>> = {
  smallint: "number",
  integer: "number",
  bigint: "number",
  real: "number",
  double: "number",
  decimal: "number",
  text: "text",
  boolean: "boolean",
  date: "moment",
  timestamp: "moment",
  timestamptz: "moment",
  datetime: "moment",
};

export function isComparison(operator: string): boolean {
  return COMPARISONS.has(operator);
}

/** `left operator right`. */
export function binary(operator: string, left: Bound, right: Bound, position: number): Bound {
  if (JSON_OPERATORS.has(operator) && (left.type?.kind !== "list" || !["@>", "<@", "&&"].includes(operator))) {
    return jsonOperator(operator, left, right, position);
  }
  const distance = DISTANCES.get(operator);
  if (distance !== undefined) {
    const [a, b] = unify(left, right);
    return vectorDistance(distance, a.sql, b.sql);
  }
  if (COMPARISONS.has(operator)) return compare(operator, left, right, position);
  switch (operator) {
    case "+":
    case "-":
      return additive(operator, left, right, position);
    case "*":
      return multiply(left, right, position);
    case "/":
    case "%":
      return divide(operator, left, right, position);
    case "^": {
      const [a, b] = [decide(left, DOUBLE), decide(right, DOUBLE)];
      return { sql: `pow(${a.sql}, ${b.sql})`, type: DOUBLE };
    }
    case "||":
      return concatenate(left, right, position);
    case "~":
    case "~*":
    case "!~":
    case "!~*":
      return matches(operator, decide(left, TEXT), decide(right, TEXT));
    case "~~":
    case "!~~":
    case "~~*":
    case "!~~*":
      return like(operator, left, right, position);
    case "&":
    case "|":
    case "<<":
    case ">>":
      return { sql: `(${left.sql} ${operator} ${right.sql})`, type: left.type ?? right.type };
    case "#":
      return { sql: `xor(${left.sql}, ${right.sql})`, type: left.type ?? right.type };
    case "&&":
    case "@>":
    case "<@": {
      const [a, b] = unify(left, right);
      return { sql: `(${a.sql} ${operator} ${b.sql})`, type: BOOLEAN };
    }
    default:
      throw missing(operator, left, right, position);
  }
}

/** `operator operand`. */
export function unary(operator: string, operand: Bound, position: number): Bound {
  switch (operator) {
    case "-":
    case "+": {
      const of = decide(operand, isUnknown(operand) ? DOUBLE : undefined);
      if (of.type !== undefined && !isNumeric(of.type) && of.type.kind !== "interval")
        throw missing(operator, undefined, of, position);
      return { sql: operator === "-" ? `(- ${of.sql})` : of.sql, type: of.type };
    }
    case "~":
      return { sql: `(~ ${operand.sql})`, type: operand.type };
    case "@":
      return { sql: `abs(${operand.sql})`, type: operand.type };
    case "|/":
      return { sql: `sqrt(${operand.sql})`, type: DOUBLE };
    default:
      throw missing(operator, undefined, operand, position);
  }
}

/** Both sides with the types of each other where one is undecided. */
export function unify(left: Bound, right: Bound): [Bound, Bound] {
  const leftType = isUnknown(left) ? undefined : left.type;
  const rightType = isUnknown(right) ? undefined : right.type;
  return widenReal(decide(left, widen(rightType)), decide(right, widen(leftType)));
}

/**
 * PostgreSQL makes `real` beside any other number double precision, so that 0.1::real is not 0.1; DuckDB narrows a literal
 * instead. A parameter has no type of its own and becomes real.
 */
function widenReal(left: Bound, right: Bound): [Bound, Bound] {
  const real = left.type?.kind === "real" ? left : right;
  const other = real === left ? right : left;
  if (real.type?.kind !== "real" || other.type?.kind === "real" || !isNumeric(other.type)) return [left, right];
  const isParameter = typeof other.input?.value === "number" || typeof other.input?.value === "bigint";
  const asReal = (bound: Bound): Bound => ({ sql: `CAST(${bound.sql} AS FLOAT)`, type: { kind: "real" } });
  const asDouble = (bound: Bound): Bound => ({ sql: `CAST(${bound.sql} AS DOUBLE)`, type: DOUBLE });
  if (isParameter) return left === real ? [left, asReal(right)] : [asReal(left), right];
  return [asDouble(left), asDouble(right)];
}

/** An undecided text is read as any number of the kind, not rounded to a column's scale or cut to its length. */
function widen(type: ResultType | undefined): ResultType | undefined {
  if (type?.kind === "decimal" || type?.kind === "text") return { kind: type.kind };
  return type;
}

export function compare(operator: string, left: Bound, right: Bound, position: number): Bound {
  const [a, b] = unify(left, right);
  const [familyA, familyB] = [FAMILY[a.type?.kind ?? "unknown"], FAMILY[b.type?.kind ?? "unknown"]];
  if (familyA !== undefined && familyB !== undefined && familyA !== familyB) throw missing(operator, a, b, position);
  return { sql: `(${a.sql} ${COMPARISONS.get(operator) ?? "="} ${b.sql})`, type: BOOLEAN };
}

function additive(operator: "+" | "-", left: Bound, right: Bound, position: number): Bound {
  let [a, b] = [left, right];
  if (isTemporal(a.type) && isUnknown(b)) b = decide(b, operator === "-" ? a.type : INTERVAL);
  else if (isTemporal(b.type) && isUnknown(a)) a = decide(a, operator === "-" ? b.type : INTERVAL);
  else [a, b] = unify(a, b);
  const type = additiveType(operator, a, b);
  if (type === "none") throw missing(operator, a, b, position);
  const sql = `(${a.sql} ${operator} ${b.sql})`;
  if (a.type?.kind === "date" && b.type?.kind === "date") return { sql: `CAST(${sql} AS INTEGER)`, type: INTEGER };
  return { sql, type };
}

function additiveType(operator: "+" | "-", a: Bound, b: Bound): ResultType | undefined | "none" {
  if (a.type === undefined || b.type === undefined) return undefined;
  if (isNumeric(a.type) && isNumeric(b.type)) return numericType(a.type, b.type);
  const [x, y] = a.type.kind === "interval" || isWhole(a.type) ? [b.type, a.type] : [a.type, b.type];
  if (y.kind === "interval") {
    if (x.kind === "interval" || x.kind === "time") return x;
    if (x.kind === "date") return { kind: "timestamp" };
    return isTemporal(x) ? x : "none";
  }
  if (x.kind === "date" && isWhole(y)) return x;
  if (operator === "-" && isTemporal(a.type) && isTemporal(b.type)) return INTERVAL;
  if (operator === "-" && a.type.kind === "time" && b.type.kind === "time") return INTERVAL;
  if (a.type.kind === "unknown" && b.type.kind === "unknown") return undefined;
  return "none";
}

function multiply(left: Bound, right: Bound, position: number): Bound {
  const [a, b] = left.type?.kind === "interval" || right.type?.kind === "interval" ? [left, right] : unify(left, right);
  if (a.type?.kind === "interval" || b.type?.kind === "interval") {
    return { sql: `(${a.sql} * ${b.sql})`, type: INTERVAL };
  }
  if (!arithmetic(a) || !arithmetic(b)) throw missing("*", a, b, position);
  return { sql: `(${a.sql} * ${b.sql})`, type: numericType(a.type, b.type) };
}

/** DuckDB gives NULL for a division by zero; PostgreSQL fails. */
export function divide(operator: "/" | "%", left: Bound, right: Bound, position: number): Bound {
  const [a, b] = left.type?.kind === "interval" ? [left, right] : unify(left, right);
  const interval = a.type?.kind === "interval" && operator === "/";
  if ((!arithmetic(a) && !interval) || !arithmetic(b)) throw missing(operator, a, b, position);
  const type = interval ? INTERVAL : numericType(a.type, b.type);
  const quotient = interval ? `(${a.sql} * (1.0 / CAST(${b.sql} AS DOUBLE)))` : `(${a.sql} ${operator} ${b.sql})`;
  if ((constantNumber(b) ?? 0) !== 0) return { sql: quotient, type };
  const unlessNull = a.sql.length < 400 ? `${a.sql} IS NOT NULL AND ` : "";
  return { sql: `CASE WHEN ${unlessNull}${b.sql} = 0 THEN error('division by zero') ELSE ${quotient} END`, type };
}

function arithmetic(bound: Bound): boolean {
  return bound.type === undefined || isNumeric(bound.type) || isUnknown(bound);
}

function numericType(a: ResultType | undefined, b: ResultType | undefined): ResultType | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (isFloat(a) || isFloat(b)) return a.kind === "real" && b.kind === "real" ? a : DOUBLE;
  if (a.kind === "decimal" || b.kind === "decimal") return { kind: "decimal" };
  if (a.kind === "bigint" || b.kind === "bigint") return BIGINT;
  if (a.kind === "integer" || b.kind === "integer") return INTEGER;
  return a.kind === "smallint" && b.kind === "smallint" ? a : undefined;
}

function concatenate(left: Bound, right: Bound, position: number): Bound {
  if (left.type?.kind === "list" || right.type?.kind === "list") return concatenateLists(left, right);
  if (left.type?.kind === "json" || right.type?.kind === "json") {
    if (left.type?.kind !== "text" && right.type?.kind !== "text") throw unsupported("|| of JSON values", position);
  }
  if (left.type?.kind === "bytea" && right.type?.kind === "bytea") {
    return { sql: `(${left.sql} || ${right.sql})`, type: left.type };
  }
  const texts = [left, right].filter((side) => side.type === undefined || ["text", "unknown"].includes(side.type.kind));
  if (texts.length === 0) throw missing("||", left, right, position);
  return { sql: `(${operandText(left)} || ${operandText(right)})`, type: TEXT };
}

function operandText(bound: Bound): string {
  return isUnknown(bound) || bound.type === undefined ? `CAST(${bound.sql} AS VARCHAR)` : textOf(bound);
}

function concatenateLists(left: Bound, right: Bound): Bound {
  const type = left.type?.kind === "list" ? left.type : right.type;
  const sides = [left, right].map((side) => {
    const of = isUnknown(side) ? decide(side, type) : side;
    return of.type?.kind === "list" || of.type === undefined ? of.sql : `[${of.sql}]`;
  });
  return { sql: `list_concat(${sides.join(", ")})`, type };
}

function missing(operator: string, left: Bound | undefined, right: Bound, position: number): KalamError {
  const shown = (bound: Bound): string => postgresTypeName(bound.type ?? { kind: "unknown" });
  const text = left === undefined ? `${operator} ${shown(right)}` : `${shown(left)} ${operator} ${shown(right)}`;
  return new KalamError("undefined_operator", { operator: text }, { position });
}
