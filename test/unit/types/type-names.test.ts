import { expect } from "chai";
import type { TypeReference } from "../../../src/engine/sql/statement.ts";
import {
  type ColumnType,
  isSerialType,
  resolveType,
  sqlTypeDefinition,
  sqlTypeName,
  wireType,
} from "../../../src/engine/types/index.ts";
import { KalamError } from "../../../src/errors/index.ts";

function ref(name: string, modifiers: number[] = [], more: Partial<TypeReference> = {}): TypeReference {
  return { name, modifiers, array: false, unsigned: false, position: 7, ...more };
}

function errorOf(action: () => unknown): KalamError {
  try {
    action();
  } catch (error) {
    if (error instanceof KalamError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("type names", () => {
  const kinds: [string, string][] = [
    ["boolean", "bool boolean"],
    ["smallint", "int2 smallint tinyint"],
    ["integer", "int int4 integer mediumint"],
    ["bigint", "int8 bigint serial bigserial smallserial serial4"],
    ["real", "real float4"],
    ["double", "float float8 double"],
    ["decimal", "numeric decimal dec"],
    ["text", "text varchar char bpchar nvarchar clob string tinytext mediumtext longtext citext name"],
    ["bytea", "bytea blob binary varbinary bytes tinyblob mediumblob longblob"],
    ["date", "date"],
    ["time", "time timetz"],
    ["timestamp", "timestamp"],
    ["timestamptz", "timestamptz"],
    ["datetime", "datetime"],
    ["uuid", "uuid"],
    ["json", "json jsonb"],
    ["file", "file"],
  ];
  for (const [kind, names] of kinds) {
    it(`${names} mean ${kind}`, () => {
      for (const name of names.split(" ")) expect(resolveType(ref(name)).kind, name).to.equal(kind);
      expect(resolveType(ref((names.split(" ")[0] ?? "").toUpperCase())).kind).to.equal(kind);
    });
  }

  it("keep lengths, precision and dimensions", () => {
    expect(resolveType(ref("varchar", [20]))).to.deep.equal({ kind: "text", length: 20 });
    expect(resolveType(ref("numeric", [10, 2]))).to.deep.equal({ kind: "decimal", precision: 10, scale: 2 });
    expect(resolveType(ref("decimal", [5]))).to.deep.equal({ kind: "decimal", precision: 5, scale: 0 });
    expect(resolveType(ref("decimal"))).to.deep.equal({ kind: "decimal", precision: 38, scale: 10 });
    expect(resolveType(ref("vector", [384]))).to.deep.equal({ kind: "embedding", dimensions: 384 });
    expect(resolveType(ref("float", [24])).kind).to.equal("real");
    expect(resolveType(ref("float", [25])).kind).to.equal("double");
    expect(resolveType(ref("timestamp", [3]))).to.deep.equal({ kind: "timestamp" });
  });

  it("of unsigned integers mean the next type that holds them", () => {
    const unsigned = (name: string): ColumnType => resolveType(ref(name, [], { unsigned: true }));
    expect(unsigned("tinyint").kind).to.equal("smallint");
    expect(unsigned("smallint").kind).to.equal("integer");
    expect(unsigned("mediumint").kind).to.equal("integer");
    expect(unsigned("int").kind).to.equal("bigint");
    expect(unsigned("bigint")).to.deep.equal({ kind: "decimal", precision: 20, scale: 0 });
  });

  it("that nobody knows are an error at their place", () => {
    const error = errorOf(() => resolveType(ref("strnig")));
    expect([error.key, error.position, error.message]).to.deep.equal([
      "undefined_type",
      7,
      'type "strnig" does not exist',
    ]);
    expect(errorOf(() => resolveType(ref("constructor"))).key).to.equal("undefined_type");
  });

  it("that KalamDB has not are named", () => {
    expect(errorOf(() => resolveType(ref("interval"))).message).to.equal("type interval is not supported");
    expect(errorOf(() => resolveType(ref("int4", [], { array: true }))).key).to.equal("feature_not_supported");
  });

  it("with modifiers out of bounds are refused", () => {
    for (const [name, modifiers] of [
      ["decimal", [0]],
      ["decimal", [39]],
      ["decimal", [5, 6]],
      ["decimal", [5, -1]],
      ["varchar", [0]],
      ["embedding", []],
      ["embedding", [0]],
      ["embedding", [8193]],
    ] as const) {
      expect(errorOf(() => resolveType(ref(name, [...modifiers]))).key, name).to.equal("invalid_option");
    }
  });

  it("tell serial types", () => {
    expect(["SERIAL", "bigserial", "serial2"].every(isSerialType)).to.equal(true);
    expect(isSerialType("int")).to.equal(false);
  });
});

describe("types shown", () => {
  const types: [ColumnType, string, unknown][] = [
    [{ kind: "boolean" }, "BOOLEAN", "Boolean"],
    [{ kind: "smallint" }, "SMALLINT", "SmallInt"],
    [{ kind: "integer" }, "INT", "Int"],
    [{ kind: "bigint" }, "BIGINT", "BigInt"],
    [{ kind: "real" }, "FLOAT", "Float"],
    [{ kind: "double" }, "DOUBLE", "Double"],
    [{ kind: "decimal", precision: 10, scale: 2 }, "DECIMAL(10, 2)", { Decimal: { precision: 10, scale: 2 } }],
    [{ kind: "text" }, "TEXT", "Text"],
    [{ kind: "text", length: 20 }, "VARCHAR(20)", "Text"],
    [{ kind: "bytea" }, "BYTES", "Bytes"],
    [{ kind: "date" }, "DATE", "Date"],
    [{ kind: "time" }, "TIME", "Time"],
    [{ kind: "timestamp" }, "TIMESTAMP", "Timestamp"],
    [{ kind: "timestamptz" }, "TIMESTAMPTZ", "DateTime"],
    [{ kind: "datetime" }, "DATETIME", "DateTime"],
    [{ kind: "uuid" }, "UUID", "Uuid"],
    [{ kind: "json" }, "JSON", "Json"],
    [{ kind: "embedding", dimensions: 3 }, "EMBEDDING(3)", { Embedding: 3 }],
    [{ kind: "file" }, "FILE", "File"],
  ];
  it("by DESCRIBE and on the wire", () => {
    for (const [type, name, wire] of types) {
      expect(sqlTypeName(type)).to.equal(name);
      expect(wireType(type)).to.deep.equal(wire);
    }
    expect(sqlTypeName({ kind: "list", element: { kind: "integer" } })).to.equal("INT[]");
    expect(wireType({ kind: "list", element: { kind: "integer" } })).to.equal("Text");
    expect(sqlTypeName({ kind: "interval" })).to.equal("INTERVAL");
  });

  it("in a definition are read back as the same type", () => {
    for (const [type] of types) {
      const [, name = "", modifiers = ""] = /^([A-Z]+)(?:\(([\d, ]+)\))?$/.exec(sqlTypeDefinition(type)) ?? [];
      const numbers = modifiers === "" ? [] : modifiers.split(",").map(Number);
      expect(resolveType(ref(name.toLowerCase(), numbers))).to.deep.equal(type);
    }
  });
});
