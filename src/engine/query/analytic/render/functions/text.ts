import { BIGINT, BOOLEAN, constantNumber, constantText, INTEGER, TEXT } from "../bound.ts";
import { textOf } from "../casts.ts";
import { unsupported } from "../env.ts";
import { accept, custom, direct, type Rule, type Rules } from "./rule.ts";
import { bounded, boundedGrowth, MAX_LEVENSHTEIN } from "./text-limits.ts";

const length = custom(["any"], INTEGER, ([of = ""], _call, [bound]) =>
  bound?.type?.kind === "bytea" ? `octet_length(${of})` : `length(${of})`,
);
const octets = custom(["any"], INTEGER, ([of = ""], _call, [bound]) =>
  bound?.type?.kind === "bytea" ? `octet_length(${of})` : `strlen(${of})`,
);

/** PostgreSQL counts positions before the beginning, too: substring('hello', -1, 4) is 'he'. */
const substring: Rule = {
  minimum: 2,
  maximum: 3,
  render(call) {
    const [, second] = call.args;
    const byPattern = second !== undefined && (constantText(second) !== undefined || second.type?.kind === "text");
    if (call.args.length === 2 && byPattern) {
      const [of, pattern] = accept(call, ["text", "text"]);
      const found = `regexp_extract(${of?.sql}, ${pattern?.sql}, CASE WHEN regexp_matches(${pattern?.sql}, '\\((\\?:)?') THEN 1 ELSE 0 END)`;
      return { sql: `CASE WHEN regexp_matches(${of?.sql}, ${pattern?.sql}) THEN ${found} END`, type: TEXT };
    }
    const [of, start, count] = accept(call, ["text", "whole", "whole"]);
    const first = start === undefined ? undefined : constantNumber(start);
    if (first !== undefined && first >= 1) {
      const tail = count === undefined ? "" : `, ${count.sql}`;
      return { sql: `substring(${of?.sql}, ${start?.sql}${tail})`, type: TEXT };
    }
    const begin = `greatest(${start?.sql}, 1)`;
    if (count === undefined) return { sql: `substring(${of?.sql}, ${begin})`, type: TEXT };
    const rest = `greatest(${count.sql} + least(${start?.sql} - 1, 0), 0)`;
    return { sql: `substring(${of?.sql}, ${begin}, ${rest})`, type: TEXT };
  },
};

/** concat and concat_ws take anything and leave NULL out. */
function concat(name: string, minimum: number): Rule {
  return {
    minimum,
    maximum: 100,
    render(call) {
      const args = accept(call, ["any"]).map((arg) => textOf(arg));
      return { sql: `${name}(${args.join(", ")})`, type: TEXT };
    },
  };
}

const replace = custom(["text", "text", "text"], TEXT, ([of, from, by], call) => {
  const found = `(strlen(${of}) - strlen(replace(${of}, ${from}, ''))) // greatest(strlen(${from}), 1)`;
  return boundedGrowth(call, [of, from, by], `replace(${of}, ${from}, ${by})`, `${found} * strlen(${by})`);
});

/** A replacement may repeat what was found: then the worst case counts. */
const regexpReplace = custom(
  ["text", "text", "text", "text"],
  TEXT,
  ([of, pattern, by, flags = "''"], call) => {
    const found = `CASE WHEN contains(${by}, '\\') THEN strlen(${of}) ELSE len(regexp_extract_all(${of}, ${pattern})) END`;
    const sql = `regexp_replace(${of}, ${pattern}, ${by}, ${flags})`;
    return boundedGrowth(call, [of, pattern, by], sql, `(${found}) * strlen(${by})`);
  },
  3,
);

function pad(name: string): Rule {
  return custom(
    ["text", "whole", "text"],
    TEXT,
    ([of, count, fill = "' '"], call) =>
      bounded(call, `${of}`, `${count}`, `${name}(${of}, CAST(greatest(${count}, 0) AS INTEGER), ${fill})`),
    2,
  );
}

const repeat = custom(["text", "whole"], TEXT, ([of, count], call) =>
  bounded(call, `${of}`, `CAST(length(${of}) AS HUGEINT) * ${count}`, `repeat(${of}, greatest(${count}, 0))`),
);

/** As PostgreSQL bounds it: the time grows with the product of both lengths, and nothing can interrupt it. */
const levenshtein = custom(["text", "text"], BIGINT, ([a, b]) => {
  const tooLong = `greatest(length(${a}), length(${b})) > ${MAX_LEVENSHTEIN}`;
  return `CASE WHEN ${tooLong} THEN error('levenshtein argument too long') ELSE levenshtein(${a}, ${b}) END`;
});

const encode = custom(["any", "text"], TEXT, ([of, format], call, [, bound]) => {
  const name = bound === undefined ? undefined : format?.replaceAll("'", "");
  if (name === "hex") return `lower(hex(${of}))`;
  if (name === "base64") return `to_base64(${of})`;
  throw unsupported(`encode to ${name}`, call.position);
});

const decode = custom(["text", "text"], { kind: "bytea" }, ([of, format], call) => {
  const name = format?.replaceAll("'", "");
  if (name === "hex") return `from_hex(${of})`;
  if (name === "base64") return `from_base64(${of})`;
  throw unsupported(`decode from ${name}`, call.position);
});

export const TEXT_FUNCTIONS: Rules = new Map<string, Rule>([
  ["lower", direct("lower", ["text"], TEXT)],
  ["upper", direct("upper", ["text"], TEXT)],
  ["length", length],
  ["char_length", length],
  ["character_length", length],
  ["octet_length", octets],
  ["bit_length", custom(["text"], INTEGER, ([of]) => `(8 * strlen(${of}))`)],
  ["btrim", direct("trim", ["text", "text"], TEXT, 1)],
  ["trim", direct("trim", ["text", "text"], TEXT, 1)],
  ["ltrim", direct("ltrim", ["text", "text"], TEXT, 1)],
  ["rtrim", direct("rtrim", ["text", "text"], TEXT, 1)],
  ["concat", concat("concat", 1)],
  ["concat_ws", concat("concat_ws", 2)],
  ["substring", substring],
  ["substr", substring],
  ["left", direct("left", ["text", "whole"], TEXT)],
  ["right", direct("right", ["text", "whole"], TEXT)],
  ["lpad", pad("lpad")],
  ["rpad", pad("rpad")],
  ["repeat", repeat],
  ["replace", replace],
  ["reverse", direct("reverse", ["text"], TEXT)],
  ["position", direct("strpos", ["text", "text"], INTEGER)],
  ["strpos", direct("strpos", ["text", "text"], INTEGER)],
  ["starts_with", direct("starts_with", ["text", "text"], BOOLEAN)],
  ["split_part", direct("split_part", ["text", "text", "whole"], TEXT)],
  ["translate", direct("translate", ["text", "text", "text"], TEXT)],
  ["ascii", direct("ascii", ["text"], INTEGER)],
  ["chr", custom(["whole"], TEXT, ([code]) => `chr(CAST(${code} AS INTEGER))`)],
  ["md5", direct("md5", ["text"], TEXT)],
  ["to_hex", custom(["whole"], TEXT, ([of]) => `lower(to_hex(${of}))`)],
  ["encode", encode],
  ["decode", decode],
  [
    "initcap",
    custom(
      ["text"],
      TEXT,
      ([of]) =>
        `array_to_string(list_transform(regexp_extract_all(${of}, '[\\pL\\pN]+|[^\\pL\\pN]+'), lambda k_w: upper(left(k_w, 1)) || lower(substring(k_w, 2))), '')`,
    ),
  ],
  [
    "overlay",
    custom(
      ["text", "text", "whole", "whole"],
      TEXT,
      ([of, by, from, count]) =>
        `(left(${of}, greatest(${from} - 1, 0)) || ${by} || substring(${of}, ${from} + ${count ?? `length(${by})`}))`,
      3,
    ),
  ],
  ["regexp_replace", regexpReplace],
  [
    "regexp_like",
    custom(
      ["text", "text", "text"],
      BOOLEAN,
      ([of, pattern, flags = "'s'"]) => `regexp_matches(${of}, ${pattern}, ${flags})`,
      2,
    ),
  ],
  ["regexp_count", custom(["text", "text"], INTEGER, ([of, pattern]) => `len(regexp_extract_all(${of}, ${pattern}))`)],
  ["regexp_substr", custom(["text", "text"], TEXT, ([of, pattern]) => `nullif(regexp_extract(${of}, ${pattern}), '')`)],
  ["string_to_array", direct("string_split", ["text", "text"], { kind: "list", element: TEXT })],
  ["regexp_split_to_array", direct("string_split_regex", ["text", "text"], { kind: "list", element: TEXT })],
  ["levenshtein", levenshtein],
]);
