import { KalamError } from "../../errors/index.ts";
import type { TypeReference } from "../sql/statement.ts";
import type { ColumnType, StorableKind } from "./column-type.ts";
import { MAX_DECIMAL_PRECISION } from "./decimal.ts";

export const MAX_EMBEDDING_DIMENSIONS = 8192;

const DEFAULT_DECIMAL: ColumnType = { kind: "decimal", precision: MAX_DECIMAL_PRECISION, scale: 10 };

/** Names that stand for one kind, whatever their modifiers (a display width, a fractional precision). */
const PLAIN: Readonly<Record<string, StorableKind>> = names({
  boolean: "boolean bool",
  smallint: "smallint int2 int16 tinyint int1 utinyint year",
  integer: "integer int int4 int32 mediumint int3 middleint uint16",
  bigint: "bigint int8 int64 signed uint32 uinteger serial serial2 serial4 serial8 smallserial bigserial",
  real: "real float4 float32",
  double: "double float8 float64",
  bytea: "bytea blob bytes binary varbinary tinyblob mediumblob longblob image raw",
  date: "date",
  time: "time timetz",
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  datetime: "datetime datetime2 smalldatetime",
  uuid: "uuid guid uniqueidentifier",
  json: "json jsonb",
  file: "file",
  text: "text clob nclob string citext name tinytext mediumtext longtext ntext",
});

/** Names whose modifier is a length in characters. */
const CHARACTER = new Set([
  ..."varchar char character bpchar nchar nvarchar varchar2 nvarchar2".split(" "),
  "character varying",
  "char varying",
]);
const DECIMAL = new Set(["numeric", "decimal", "dec", "fixed", "number"]);
const EMBEDDING = new Set(["embedding", "vector"]);
const SERIAL = new Set(["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"]);
/** Whose modifiers decide the kind, or that have no signed kind of their own. */
const OTHERS = ["float", "usmallint", "ubigint", "uint64"];
/** Types of other databases that users will try, and that we answer by name. */
const KNOWN_ELSEWHERE = new Set(
  "interval enum set money bit varbit xml inet cidr macaddr macaddr8 point line lseg box path polygon circle geometry geography tsvector tsquery hstore int4range int8range numrange tsrange tstzrange daterange oid regclass struct map".split(
    " ",
  ),
);

/** Every name that a column's type may have. */
export const TYPE_NAMES: readonly string[] = [
  ...Object.keys(PLAIN),
  ...CHARACTER,
  ...DECIMAL,
  ...EMBEDDING,
  ...OTHERS,
].sort();

/** The next signed type that holds every value of an unsigned one. */
const UNSIGNED: Partial<Record<StorableKind, ColumnType>> = {
  smallint: { kind: "integer" },
  integer: { kind: "bigint" },
  bigint: { kind: "decimal", precision: 20, scale: 0 },
};

/**
 * The column type that a type name of PostgreSQL, MySQL or KalamDB stands for.
 *
 * Every name maps to a type that holds all values of what was asked for: `TINYINT` becomes SMALLINT, `BIGINT UNSIGNED`
 * DECIMAL(20,0). Serial types are BIGINT, because their default is a snowflake id.
 *
 * @throws undefined_type, feature_not_supported (arrays, enums, intervals …), invalid_option (bad modifiers), all placed at
 * `ref.position`.
 * @example resolveType({ name: "numeric", modifiers: [10, 2], array: false, unsigned: false, position: 0 })
 * // { kind: "decimal", precision: 10, scale: 2 }
 */
export function resolveType(ref: TypeReference): ColumnType {
  const name = ref.name.toLowerCase();
  if (ref.array) throw unsupported(`an array column (${name}[])`, ref);
  const type = base(name, ref);
  if (!ref.unsigned) return type;
  if (name === "tinyint" || name === "int1") return { kind: "smallint" };
  if (name.startsWith("medium") || name === "int3") return { kind: "integer" };
  return UNSIGNED[type.kind] ?? type;
}

/** SERIAL, BIGSERIAL, SMALLSERIAL and their numbered names: NOT NULL with a generated default. */
export function isSerialType(name: string): boolean {
  return SERIAL.has(name.toLowerCase());
}

function base(name: string, ref: TypeReference): ColumnType {
  const plain = PLAIN[name];
  if (plain !== undefined) return { kind: plain };
  if (CHARACTER.has(name)) return character(ref);
  if (DECIMAL.has(name)) return decimal(ref);
  if (EMBEDDING.has(name)) return embedding(ref);
  if (name === "float") return { kind: (ref.modifiers[0] ?? 53) <= 24 ? "real" : "double" };
  if (name === "usmallint") return { kind: "integer" };
  if (name === "ubigint" || name === "uint64") return { kind: "decimal", precision: 20, scale: 0 };
  if (KNOWN_ELSEWHERE.has(name)) throw unsupported(`type ${name}`, ref);
  throw new KalamError("undefined_type", { type: ref.name }, { position: ref.position });
}

function character(ref: TypeReference): ColumnType {
  const length = ref.modifiers[0];
  if (length === undefined) return { kind: "text" };
  if (length < 1) throw badOption(`length for type ${ref.name} must be at least 1`, ref);
  return { kind: "text", length };
}

function decimal(ref: TypeReference): ColumnType {
  const [precision, scale = 0] = ref.modifiers;
  if (precision === undefined) return DEFAULT_DECIMAL;
  if (precision < 1 || precision > MAX_DECIMAL_PRECISION) {
    throw badOption(`DECIMAL precision ${precision} must be between 1 and ${MAX_DECIMAL_PRECISION}`, ref);
  }
  if (scale < 0 || scale > precision) {
    throw badOption(`DECIMAL scale ${scale} must be between 0 and precision ${precision}`, ref);
  }
  return { kind: "decimal", precision, scale };
}

function embedding(ref: TypeReference): ColumnType {
  const dimensions = ref.modifiers[0];
  if (dimensions === undefined) throw badOption("EMBEDDING needs its number of dimensions, as in EMBEDDING(384)", ref);
  if (dimensions < 1 || dimensions > MAX_EMBEDDING_DIMENSIONS) {
    throw badOption(`EMBEDDING dimensions must be between 1 and ${MAX_EMBEDDING_DIMENSIONS}, not ${dimensions}`, ref);
  }
  return { kind: "embedding", dimensions };
}

function names(table: Readonly<Partial<Record<StorableKind, string>>>): Record<string, StorableKind> {
  const byName: Record<string, StorableKind> = Object.create(null);
  for (const kind of Object.keys(table) as StorableKind[]) {
    for (const name of (table[kind] ?? "").split(" ")) byName[name] = kind;
  }
  byName["double precision"] = "double";
  return byName;
}

function unsupported(feature: string, ref: TypeReference): KalamError {
  return new KalamError("feature_not_supported", { feature }, { position: ref.position });
}

function badOption(reason: string, ref: TypeReference): KalamError {
  return new KalamError("invalid_option", { reason }, { position: ref.position });
}
