import type { ResultType } from "../../../../types/column-type.ts";
import { BIGINT, BOOLEAN, type Bound, constantNumber, decide, INTEGER, isUnknown, TEXT } from "../bound.ts";
import { unsupported } from "../env.ts";
import { custom, noFunction, type Rule, type Rules } from "./rule.ts";

/** Decides an undecided element by the list beside it, and the other way round. */
function pair(list: Bound, element: Bound): [string, string] {
  const type: ResultType | undefined = list.type?.kind === "list" ? list.type.element : undefined;
  const listType: ResultType | undefined =
    element.type === undefined || isUnknown(element) ? undefined : { kind: "list", element: element.type };
  return [decide(list, listType).sql, decide(element, type).sql];
}

function withElement(result: ResultType | "list", render: (list: string, element: string) => string): Rule {
  return {
    minimum: 2,
    maximum: 2,
    render(call) {
      const [list, element] = call.args;
      if (list === undefined || element === undefined) throw noFunction(call);
      const [a, b] = pair(list, element);
      return { sql: render(a, b), type: result === "list" ? list.type : result };
    },
  };
}

const arrayLength: Rule = {
  minimum: 1,
  maximum: 2,
  render(call) {
    const [list, dimension] = call.args;
    if (list === undefined) throw noFunction(call);
    if (dimension !== undefined && constantNumber(dimension) !== 1) {
      throw unsupported("array_length of a dimension other than 1", call.position);
    }
    return { sql: `CAST(nullif(len(${list.sql}), 0) AS INTEGER)`, type: INTEGER };
  },
};

/** array_cat takes two lists; array_prepend has its element first. */
const prepend: Rule = {
  minimum: 2,
  maximum: 2,
  render(call) {
    const [element, list] = call.args;
    if (list === undefined || element === undefined) throw noFunction(call);
    const [a, b] = pair(list, element);
    return { sql: `list_prepend(${b}, ${a})`, type: list.type };
  },
};

const REAL: ResultType = { kind: "real" };

/** A distance in 32 bits. A vector without length has no direction: its cosine distance is 1, where DuckDB would compute 2. */
export function vectorDistance(name: string, a: string, b: string): Bound {
  const sql = `${name}(${a}, ${b})`;
  if (name !== "array_cosine_distance") return { sql, type: REAL };
  const [x, y] = [a, b].map((of) => `array_inner_product(${of}, ${of})`);
  return {
    sql: `CASE WHEN ${x} = 0 AND ${y} >= 0 OR ${y} = 0 AND ${x} >= 0 THEN CAST(1 AS FLOAT) ELSE ${sql} END`,
    type: REAL,
  };
}

const distance = (name: string): Rule => ({
  minimum: 2,
  maximum: 2,
  render(call) {
    const [a, b] = call.args;
    if (a === undefined || b === undefined) throw noFunction(call);
    const type = a.type?.kind === "embedding" ? a.type : b.type;
    return vectorDistance(name, vector(a, type), vector(b, type));
  },
});

function vector(bound: Bound, type: ResultType | undefined): string {
  if (type?.kind !== "embedding" || bound.type?.kind === "embedding") return bound.sql;
  return isUnknown(bound) ? decide(bound, type).sql : `CAST(${bound.sql} AS FLOAT[${type.dimensions ?? 1}])`;
}

export const LIST_FUNCTIONS: Rules = new Map<string, Rule>([
  ["array_length", arrayLength],
  ["cardinality", custom(["any"], INTEGER, ([list]) => `len(${list})`)],
  ["array_to_string", custom(["any", "text"], TEXT, ([list, by]) => `array_to_string(${list}, ${by})`)],
  ["array_append", withElement("list", (list, element) => `list_append(${list}, ${element})`)],
  ["array_prepend", prepend],
  ["array_cat", custom(["any", "any"], "first", ([a, b]) => `list_concat(${a}, ${b})`)],
  [
    "array_position",
    withElement(INTEGER, (list, element) => `CAST(nullif(list_position(${list}, ${element}), 0) AS INTEGER)`),
  ],
  [
    "array_remove",
    withElement("list", (list, element) => `list_filter(${list}, lambda k_e: k_e IS DISTINCT FROM ${element})`),
  ],
  ["array_contains", withElement(BOOLEAN, (list, element) => `list_contains(${list}, ${element})`)],
  ["array_has", withElement(BOOLEAN, (list, element) => `list_contains(${list}, ${element})`)],
  ["cosine_distance", distance("array_cosine_distance")],
  ["l2_distance", distance("array_distance")],
  ["inner_product", distance("array_inner_product")],
  ["array_ndims", custom(["any"], BIGINT, ([list]) => `CASE WHEN len(${list}) > 0 THEN 1 END`)],
]);
