import fc from "fast-check";

export type TestType =
  | "smallint"
  | "integer"
  | "bigint"
  | "decimal"
  | "double"
  | "text"
  | "boolean"
  | "date"
  | "timestamp";

/** One expression, written for the row evaluator and for DuckDB, whose literals have other types of their own. */
export interface Pair {
  readonly ours: string;
  readonly duck: string;
  /** Parts may be left out when they cannot change the answer, and so may their errors. */
  readonly lazy: boolean;
}

/** The columns that expressions read. */
export const COLUMNS: Readonly<Record<TestType, readonly string[]>> = {
  smallint: ["s"],
  integer: ["i", "j"],
  bigint: ["b"],
  decimal: ["d", "e"],
  double: ["f"],
  text: ["t", "u"],
  boolean: ["x", "y"],
  date: ["dt"],
  timestamp: ["ts"],
};

export const DUCK_TYPES: Readonly<Record<TestType, string>> = {
  smallint: "SMALLINT",
  integer: "INTEGER",
  bigint: "BIGINT",
  decimal: "DECIMAL(10,2)",
  double: "DOUBLE",
  text: "VARCHAR",
  boolean: "BOOLEAN",
  date: "DATE",
  timestamp: "TIMESTAMP",
};

const pair = (ours: string, duck = ours, lazy = false): Pair => ({ ours, duck, lazy });

function join(parts: readonly Pair[], write: (...texts: string[]) => string, lazy = false): Pair {
  return {
    ours: `(${write(...parts.map((part) => part.ours))})`,
    duck: `(${write(...parts.map((part) => part.duck))})`,
    lazy: lazy || parts.some((part) => part.lazy),
  };
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const letters = fc.string({
  unit: fc.constantFrom("a", "b", "A", "B", "é", "É", "ß", "Σ", "σ", "😀", "\ufffd", "%", "_", "\\", " ", "'", "1"),
  maxLength: 6,
});

const wholeLiteral = fc.constantFrom(0, 1, -1, 2, 3, 7, 10, 100, 32767, 65536, 2147483647, -2147483647);

const LITERALS: Readonly<Record<TestType, fc.Arbitrary<Pair>>> = {
  smallint: fc.integer({ min: -5, max: 5 }).map((n) => pair(`(${n})::smallint`)),
  integer: wholeLiteral.map((n) => pair(n < 0 ? `(${n})` : `${n}`, `(${n})::INTEGER`)),
  bigint: fc.constantFrom("0", "5", "-3", "4294967296", "9223372036854775807").map((text) => pair(`'${text}'::bigint`)),
  decimal: fc
    .constantFrom("0.00", "1.50", "-2.25", "99999999.99", "0.01")
    .map((text) => pair(`(${text})::numeric(10,2)`)),
  double: fc.constantFrom("0", "1.5", "-2.25", "1e10", "0.1").map((text) => pair(`'${text}'::double`)),
  text: letters.map((text) => pair(quote(text))),
  boolean: fc.constantFrom("true", "false").map((text) => pair(text)),
  date: fc.constantFrom("1969-12-31", "2026-02-28", "2000-01-01").map((text) => pair(`date '${text}'`)),
  timestamp: fc
    .constantFrom("1969-12-31 23:59:59.999999", "2026-02-28 12:00:00", "2000-01-01 00:00:00")
    .map((text) => pair(`timestamp '${text}'`)),
};

const NUMBERS: readonly TestType[] = ["smallint", "integer", "bigint", "decimal", "double"];
/** Kinds that may be compared with each other. */
const COMPARABLE: readonly (readonly TestType[])[] = [NUMBERS, ["text"], ["boolean"], ["date", "timestamp"]];
const OPERATORS = ["=", "<>", "<", "<=", ">", ">="];

/** Expressions of every type, up to `depth` levels deep. */
export function expressionOf(type: TestType, depth: number): fc.Arbitrary<Pair> {
  const leaves = [
    fc.constantFrom(...COLUMNS[type]).map((name) => pair(name)),
    fc.constantFrom(...COLUMNS[type]).map((name) => pair(name)),
    LITERALS[type],
  ];
  if (depth <= 0) return fc.oneof(...leaves);
  const inner = (of: TestType): fc.Arbitrary<Pair> => expressionOf(of, depth - 1);
  return fc.oneof(...leaves, ...conditional(type, inner), ...ownForms(type, inner));
}

type Inner = (of: TestType) => fc.Arbitrary<Pair>;

function conditional(type: TestType, inner: Inner): fc.Arbitrary<Pair>[] {
  const same = inner(type);
  const some = fc.array(same, { minLength: 2, maxLength: 3 });
  return [
    some.map((parts) => join(parts, (...texts) => `COALESCE(${texts.join(", ")})`, true)),
    some.map((parts) => join(parts, (...texts) => `GREATEST(${texts.join(", ")})`)),
    some.map((parts) => join(parts, (...texts) => `LEAST(${texts.join(", ")})`)),
    fc.tuple(same, same).map((parts) => join(parts, (a, b) => `NULLIF(${a}, ${b})`, true)),
    fc
      .tuple(inner("boolean"), same, same)
      .map((parts) => join(parts, (when, a, b) => `CASE WHEN ${when} THEN ${a} ELSE ${b} END`, true)),
    fc
      .tuple(inner("integer"), inner("integer"), same)
      .map((parts) => join(parts, (subject, when, a) => `CASE ${subject} WHEN ${when} THEN ${a} END`, true)),
  ];
}

function ownForms(type: TestType, inner: Inner): fc.Arbitrary<Pair>[] {
  switch (type) {
    case "smallint":
      return [];
    case "integer":
    case "bigint":
      return [...arithmetic(type, inner), ...(type === "integer" ? counts(inner) : [])];
    case "decimal":
      return [
        fc
          .tuple(inner("decimal"), fc.constantFrom("+", "-"), inner("decimal"))
          .map(([a, operator, b]) => join([a, b], (x, y) => `(${x} ${operator} ${y})::numeric(10,2)`)),
      ];
    case "double":
      return [
        fc
          .tuple(inner("double"), fc.constantFrom("+", "-", "*"), inner("double"))
          .map(([a, operator, b]) => join([a, b], (x, y) => `${x} ${operator} ${y}`)),
      ];
    case "text":
      return texts(inner);
    case "boolean":
      return conditions(inner);
    case "date":
      return [];
    case "timestamp":
      return [
        fc
          .tuple(
            inner("timestamp"),
            fc.constantFrom("+", "-"),
            fc.constantFrom("5 minutes", "1 day", "36 hours", "1 second"),
          )
          .map(([a, operator, span]) => join([a], (x) => `${x} ${operator} interval '${span}'`)),
      ];
  }
}

function arithmetic(type: TestType, inner: Inner): fc.Arbitrary<Pair>[] {
  const sides = fc.tuple(inner(type), inner(type));
  // The least integer modulo -1 is 0 in PostgreSQL and an error in DuckDB.
  const divisor = fc.constantFrom(1, 2, 3, -7);
  return [
    fc
      .tuple(sides, fc.constantFrom("+", "-", "*"))
      .map(([parts, operator]) => join(parts, (a, b) => `${a} ${operator} ${b}`)),
    fc
      .tuple(inner(type), fc.constantFrom("/", "%"), divisor)
      .map(([a, operator, by]) =>
        join([a, pair(`(${by})`, `(${by})::${DUCK_TYPES[type]}`)], (x, y) => `${x} ${operator} ${y}`),
      ),
    inner(type).map((a) => join([a], (x) => `-${x}`)),
    inner(type).map((a) => join([a], (x) => `abs(${x})`)),
    fc
      .tuple(fc.constantFrom<TestType>("decimal", "smallint", "bigint", "integer"))
      .chain(([from]) => inner(from).map((a) => join([a], (x) => `${x}::${type}`))),
  ];
}

function counts(inner: Inner): fc.Arbitrary<Pair>[] {
  return [
    inner("text").map((a) => join([a], (x) => `length(${x})::integer`)),
    fc.tuple(inner("text"), inner("text")).map((parts) => join(parts, (a, b) => `strpos(${a}, ${b})::integer`)),
  ];
}

function texts(inner: Inner): fc.Arbitrary<Pair>[] {
  const text = inner("text");
  const count = fc.integer({ min: 0, max: 4 });
  const signed = fc.integer({ min: -4, max: 4 });
  return [
    fc
      .tuple(text, fc.constantFrom("lower", "upper", "trim", "ltrim", "rtrim"))
      .map(([a, name]) => join([a], (x) => `${name}(${x})`)),
    fc.tuple(text, text).map((parts) => join(parts, (a, b) => `${a} || ${b}`)),
    fc.tuple(text, inner("integer")).map((parts) => join(parts, (a, b) => `${a} || ${b}`)),
    fc.array(text, { minLength: 1, maxLength: 3 }).map((parts) => join(parts, (...all) => `concat(${all.join(", ")})`)),
    fc
      .tuple(text, signed, fc.constantFrom("left", "right"))
      .map(([a, n, name]) => join([a], (x) => `${name}(${x}, ${n})`)),
    fc.tuple(text, count, count).map(([a, from, many]) => join([a], (x) => `substring(${x}, ${from}, ${many})`)),
    fc.tuple(text, text, text).map((parts) => join(parts, (a, b, c) => `replace(${a}, ${b}, ${c})`)),
    fc
      .constantFrom<TestType>("integer", "bigint", "decimal", "date")
      .chain((from) => inner(from).map((a) => join([a], (x) => `${x}::text`))),
  ];
}

function conditions(inner: Inner): fc.Arbitrary<Pair>[] {
  const condition = inner("boolean");
  const comparable = fc
    .constantFrom(...COMPARABLE)
    .chain((kinds) => fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...kinds), fc.constantFrom(...kinds)));
  const two = comparable.chain(([a, b]) => fc.tuple(inner(a), inner(b)));
  const three = comparable.chain(([a, b, c]) => fc.tuple(inner(a), inner(b), inner(c)));
  const any = fc.constantFrom<TestType>("integer", "text", "boolean", "date", "decimal").chain(inner);
  return [
    fc.tuple(two, fc.constantFrom(...OPERATORS)).map(([parts, name]) => join(parts, (a, b) => `${a} ${name} ${b}`)),
    fc
      .tuple(two, fc.constantFrom("", "NOT "))
      .map(([parts, no]) => join(parts, (a, b) => `${a} IS ${no}DISTINCT FROM ${b}`)),
    three.map((parts) => join(parts, (a, b, c) => `${a} BETWEEN ${b} AND ${c}`, true)),
    three.map((parts) => join(parts, (a, b, c) => `${a} NOT IN (${b}, ${c}, NULL)`, true)),
    three.map((parts) => join(parts, (a, b, c) => `${a} IN (${b}, ${c})`, true)),
    fc
      .tuple(condition, condition, fc.constantFrom("AND", "OR"))
      .map(([a, b, name]) => join([a, b], (x, y) => `${x} ${name} ${y}`, true)),
    condition.map((a) => join([a], (x) => `NOT ${x}`)),
    fc
      .tuple(condition, fc.constantFrom("TRUE", "FALSE", "NOT TRUE", "NOT FALSE"))
      .map(([a, name]) => join([a], (x) => `${x} IS ${name}`)),
    fc.tuple(any, fc.constantFrom("", "NOT ")).map(([a, no]) => join([a], (x) => `${x} IS ${no}NULL`, true)),
    fc
      .tuple(inner("text"), letters, fc.constantFrom("LIKE", "ILIKE", "NOT LIKE"))
      .map(([a, like, name]) => join([a], (x) => `${x} ${name} ${quote(like.replaceAll("\\", ""))} ESCAPE '\\'`)),
  ];
}
