import { BIGINT, DOUBLE, decide, INTEGER, isFloat } from "../bound.ts";
import { divide } from "../operators.ts";
import { accept, custom, direct, type Rule, type Rules } from "./rule.ts";

const double = (name: string): Rule => custom(["number"], DOUBLE, ([of]) => `${name}(CAST(${of} AS DOUBLE))`);

const log: Rule = custom(
  ["number", "number"],
  DOUBLE,
  ([of, second]) =>
    second === undefined ? `log10(${of})` : `(ln(CAST(${second} AS DOUBLE)) / ln(CAST(${of} AS DOUBLE)))`,
  1,
);

/** PostgreSQL rounds doubles half to even, numerics half away from zero. */
const round: Rule = custom(
  ["number", "whole"],
  "first",
  ([of, digits], _call, [bound]) => {
    if (digits !== undefined) return `round(${of}, CAST(${digits} AS INTEGER))`;
    return isFloat(bound?.type) ? `round_even(${of}, 0)` : `round(${of})`;
  },
  1,
);

const mod: Rule = {
  minimum: 2,
  maximum: 2,
  render(call) {
    const [a, b] = accept(call, ["number", "number"]);
    if (a === undefined || b === undefined) return decide(call.args[0] ?? { sql: "NULL", type: INTEGER }, INTEGER);
    return divide("%", a, b, call.position);
  },
};

const div: Rule = {
  minimum: 2,
  maximum: 2,
  render(call) {
    const [a, b] = accept(call, ["number", "number"]);
    if (a === undefined || b === undefined) return decide(call.args[0] ?? { sql: "NULL", type: INTEGER }, INTEGER);
    const quotient = divide("/", a, b, call.position);
    return { sql: `trunc(${quotient.sql})`, type: quotient.type };
  },
};

export const NUMBER_FUNCTIONS: Rules = new Map<string, Rule>([
  ["abs", direct("abs", ["number"], "first")],
  ["ceil", direct("ceil", ["number"], "first")],
  ["ceiling", direct("ceil", ["number"], "first")],
  ["floor", direct("floor", ["number"], "first")],
  ["round", round],
  [
    "trunc",
    custom(
      ["number", "whole"],
      "first",
      ([of, digits]) => (digits === undefined ? `trunc(${of})` : `trunc(${of}, CAST(${digits} AS INTEGER))`),
      1,
    ),
  ],
  ["sign", custom(["number"], DOUBLE, ([of]) => `CAST(sign(${of}) AS DOUBLE)`)],
  ["sqrt", double("sqrt")],
  ["cbrt", double("cbrt")],
  ["exp", double("exp")],
  ["ln", double("ln")],
  ["log", log],
  ["log10", double("log10")],
  ["log2", double("log2")],
  ["power", custom(["number", "number"], DOUBLE, ([a, b]) => `pow(CAST(${a} AS DOUBLE), CAST(${b} AS DOUBLE))`)],
  ["pow", custom(["number", "number"], DOUBLE, ([a, b]) => `pow(CAST(${a} AS DOUBLE), CAST(${b} AS DOUBLE))`)],
  ["mod", mod],
  ["div", div],
  ["gcd", direct("gcd", ["whole", "whole"], "first")],
  ["lcm", direct("lcm", ["whole", "whole"], "first")],
  ["factorial", direct("factorial", ["whole"], BIGINT)],
  ["degrees", double("degrees")],
  ["radians", double("radians")],
  ["pi", direct("pi", [], DOUBLE)],
  ["sin", double("sin")],
  ["cos", double("cos")],
  ["tan", double("tan")],
  ["cot", double("cot")],
  ["asin", double("asin")],
  ["acos", double("acos")],
  ["atan", double("atan")],
  ["sinh", double("sinh")],
  ["cosh", double("cosh")],
  ["tanh", double("tanh")],
  ["atan2", custom(["number", "number"], DOUBLE, ([a, b]) => `atan2(CAST(${a} AS DOUBLE), CAST(${b} AS DOUBLE))`)],
  ["random", direct("random", [], DOUBLE)],
  [
    "width_bucket",
    custom(
      ["number", "number", "number", "whole"],
      INTEGER,
      ([of, low, high, count]) =>
        `CAST(CASE WHEN ${of} < ${low} THEN 0 WHEN ${of} >= ${high} THEN ${count} + 1 ELSE floor((${of} - ${low}) * ${count} / CAST(${high} - ${low} AS DOUBLE)) + 1 END AS INTEGER)`,
    ),
  ],
]);
