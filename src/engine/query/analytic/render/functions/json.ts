import { quoteText } from "../../../../duckdb/constants.ts";
import type { ResultType } from "../../../../types/column-type.ts";
import {
  BIGINT,
  BOOLEAN,
  type Bound,
  constantText,
  DOUBLE,
  decide,
  INTEGER,
  isUnknown,
  JSON_TYPE,
  TEXT,
} from "../bound.ts";
import { unsupported } from "../env.ts";
import { asJson, jsonOperator, step } from "./json-paths.ts";
import { custom, direct, noFunction, type Rule, type Rules } from "./rule.ts";

/** The JSON value behind a row of keys and indexes. */
function walk(args: readonly Bound[]): string {
  const [of, ...keys] = args;
  let sql = of === undefined ? "NULL" : asJson(of).sql;
  for (const key of keys) sql = `json_extract(${sql}, ${step(key)})`;
  return sql;
}

/** The json_get family: as many keys as are given. */
function getter(type: ResultType, render: (json: string) => string): Rule {
  return {
    minimum: 2,
    maximum: 32,
    render: (call) => ({ sql: render(walk(call.args)), type }),
  };
}

/** The value, if it is of these JSON types. */
const only = (types: string, value: (json: string) => string) => (json: string) =>
  `CASE WHEN json_type(${json}) IN (${types}) THEN ${value(json)} END`;

const lengthOf = (json: string): string =>
  `CASE json_type(${json}) WHEN 'ARRAY' THEN json_array_length(${json}) WHEN 'OBJECT' THEN len(json_keys(${json})) END`;

/** A value as JSON: JSON stays, an undecided literal is text. */
function value(bound: Bound): string {
  if (bound.type?.kind === "json") return bound.sql;
  return `to_json(${isUnknown(bound) ? `CAST(${bound.sql} AS VARCHAR)` : bound.sql})`;
}

const buildObject: Rule = {
  minimum: 0,
  maximum: 200,
  render(call) {
    if (call.args.length % 2 === 1) throw noFunction(call);
    const parts = call.args.map((arg, index) =>
      index % 2 === 0 ? `CAST(${decide(arg, TEXT).sql} AS VARCHAR)` : value(arg),
    );
    return { sql: `json_object(${parts.join(", ")})`, type: JSON_TYPE };
  },
};

const buildArray: Rule = {
  minimum: 0,
  maximum: 200,
  render: (call) => ({ sql: `json_array(${call.args.map(value).join(", ")})`, type: JSON_TYPE }),
};

const toJson: Rule = {
  minimum: 1,
  maximum: 1,
  render: (call) => ({ sql: value(call.args[0] ?? { sql: "NULL", type: undefined }), type: JSON_TYPE }),
};

/** json_typeof: PostgreSQL's words for DuckDB's. */
const typeOf = custom(
  ["json"],
  TEXT,
  ([of]) =>
    `CASE json_type(${of}) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE CASE WHEN ${of} IS NULL THEN NULL ELSE 'number' END END`,
);

function path(text: boolean): Rule {
  return {
    minimum: 2,
    maximum: 32,
    render(call) {
      const keys = call.args.slice(1).map((arg) => {
        const key = constantText(arg);
        if (key === undefined) throw unsupported(`${call.name} with a key that is not a constant`, call.position);
        return `"${key.replace(/["\\]/g, "\\$&")}"`;
      });
      const array: Bound = {
        sql: "NULL",
        type: { kind: "unknown" },
        input: { value: `{${keys.join(",")}}`, position: call.position },
      };
      return jsonOperator(text ? "#>>" : "#>", call.args[0] ?? array, array, call.position);
    },
  };
}

const length: Rule = { minimum: 1, maximum: 32, render: (call) => ({ sql: lengthOf(walk(call.args)), type: BIGINT }) };
const contains: Rule = {
  minimum: 2,
  maximum: 32,
  render: (call) => ({ sql: `(${walk(call.args)} IS NOT NULL)`, type: BOOLEAN }),
};
const keys: Rule = {
  minimum: 1,
  maximum: 32,
  render: (call) => ({ sql: `json_keys(${walk(call.args)})`, type: { kind: "list", element: TEXT } }),
};
const exists: Rule = {
  minimum: 2,
  maximum: 2,
  render(call) {
    const [of, key] = call.args;
    if (of === undefined || key === undefined) throw noFunction(call);
    return jsonOperator("?", of, key, call.position);
  },
};
const asText = (json: string): string => `json_extract_string(${json}, '$')`;

export const JSON_FUNCTIONS: Rules = new Map<string, Rule>([
  ["json_get", getter(JSON_TYPE, (json) => json)],
  ["json_get_json", getter(TEXT, (json) => `CAST(${json} AS VARCHAR)`)],
  ["json_get_str", getter(TEXT, only("'VARCHAR'", asText))],
  [
    "json_get_int",
    getter(
      BIGINT,
      only("'BIGINT', 'UBIGINT'", (json) => `CAST(${json} AS BIGINT)`),
    ),
  ],
  [
    "json_get_float",
    getter(
      DOUBLE,
      only("'BIGINT', 'UBIGINT', 'DOUBLE'", (json) => `CAST(${json} AS DOUBLE)`),
    ),
  ],
  [
    "json_get_bool",
    getter(
      BOOLEAN,
      only("'BOOLEAN'", (json) => `CAST(${json} AS BOOLEAN)`),
    ),
  ],
  [
    "json_get_array",
    getter(
      { kind: "list", element: JSON_TYPE },
      only("'ARRAY'", (json) => `CAST(${json} AS JSON[])`),
    ),
  ],
  ["json_as_text", getter(TEXT, asText)],
  ["json_contains", contains],
  ["json_length", length],
  ["json_object_keys", keys],
  ["jsonb_object_keys", keys],
  ["json_array_length", direct("json_array_length", ["json"], INTEGER)],
  ["jsonb_array_length", direct("json_array_length", ["json"], INTEGER)],
  ["json_build_object", buildObject],
  ["jsonb_build_object", buildObject],
  ["json_build_array", buildArray],
  ["jsonb_build_array", buildArray],
  ["to_json", toJson],
  ["to_jsonb", toJson],
  ["row_to_json", toJson],
  ["json_typeof", typeOf],
  ["jsonb_typeof", typeOf],
  ["json_extract_path", path(false)],
  ["jsonb_extract_path", path(false)],
  ["json_extract_path_text", path(true)],
  ["jsonb_extract_path_text", path(true)],
  ["jsonb_exists", exists],
  ["jsonb_pretty", direct("json_pretty", ["json"], TEXT)],
  ["json_valid", custom(["text"], BOOLEAN, ([of]) => `json_valid(${of ?? quoteText("")})`)],
]);
