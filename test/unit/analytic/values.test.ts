import { expect } from "chai";
import type { ResultType, Value } from "../../../src/engine/types/column-type.ts";
import { Decimal } from "../../../src/engine/types/decimal.ts";
import { newEngine, relation, rowsOf, run, type TestEngine } from "./harness.ts";

const TEXT: ResultType = { kind: "text" };
const SAMPLES: Readonly<Record<string, readonly [ResultType, readonly Value[]]>> = {
  flag: [{ kind: "boolean" }, [true, false, null]],
  small: [{ kind: "smallint" }, [-32768, 32767, null]],
  whole: [{ kind: "integer" }, [-2147483648, 2147483647, null]],
  big: [{ kind: "bigint" }, [-(2n ** 63n), 2n ** 63n - 1n, null]],
  single: [{ kind: "real" }, [Math.fround(1.1), -0.5, null]],
  wide: [{ kind: "double" }, [1.1, -1e300, null]],
  cents: [{ kind: "decimal", precision: 4, scale: 2 }, [new Decimal(-1234n, 2), new Decimal(1n, 2), null]],
  money: [{ kind: "decimal", precision: 9, scale: 2 }, [new Decimal(-123456789n, 2), new Decimal(1n, 2), null]],
  large: [{ kind: "decimal", precision: 18, scale: 3 }, [new Decimal(-(10n ** 17n), 3), new Decimal(7n, 3), null]],
  huge: [
    { kind: "decimal", precision: 38, scale: 10 },
    [new Decimal(-(10n ** 37n), 10), new Decimal(10n ** 37n + 1n, 10), null],
  ],
  words: [{ kind: "text" }, ["", "twelve bytes", null]],
  longer: [{ kind: "text" }, ["thirteen byte", "é日本😀 and more than that", null]],
  bytes: [{ kind: "bytea" }, [new Uint8Array([0, 255]), new Uint8Array(20).fill(7), null]],
  day: [{ kind: "date" }, [-1, 20000, null]],
  hour: [{ kind: "time" }, [0, 86_399_999_999, null]],
  stamp: [{ kind: "timestamp" }, [-1n, 1_767_225_600_000_001n, null]],
  zoned: [{ kind: "timestamptz" }, [0n, 1_767_225_600_000_001n, null]],
  dated: [{ kind: "datetime" }, [0n, 1_767_225_600_000_001n, null]],
  ident: [{ kind: "uuid" }, ["00000000-0000-0000-0000-000000000001", "ffffffff-ffff-4fff-bfff-ffffffffffff", null]],
  doc: [{ kind: "json" }, ['{"a": [1, 2]}', "null", null]],
  blob: [{ kind: "file" }, ['{"id":"x"}', '{"id":"y"}', null]],
  vector: [{ kind: "embedding", dimensions: 3 }, [Float32Array.of(1, 2, 3), Float32Array.of(0, 0.5, -1), null]],
};

describe("analytical queries: values", () => {
  let engine: TestEngine;
  before(() => {
    engine = newEngine();
  });
  after(() => engine.close());

  const names = Object.keys(SAMPLES);
  const columns = Object.fromEntries(names.map((name) => [name, SAMPLES[name]?.[0] ?? TEXT]));
  const rows = [0, 1, 2].map((at) => names.map((name) => SAMPLES[name]?.[1][at] ?? null));

  for (const waiting of [false, true]) {
    it(`brings every type through unchanged${waiting ? ", staged" : ""}`, async () => {
      const all = relation("app.all", columns, rows, { waiting });
      const answer = await run(engine, "SELECT * FROM all_types", { all_types: all });
      expect(answer.columns.map((column) => column.type)).to.deep.equal(names.map((name) => SAMPLES[name]?.[0]));
      expect(answer.rows).to.have.length(3);
      answer.rows.forEach((row, at) => {
        names.forEach((name, slot) => {
          const [actual, wanted] = [row[slot], rows[at]?.[slot]];
          if (wanted instanceof Uint8Array) expect([...(actual as Uint8Array)], name).to.deep.equal([...wanted]);
          else expect(actual, name).to.deep.equal(wanted);
        });
      });
    });
  }

  it("compares every type with its text", async () => {
    const all = { t: relation("app.all", columns, rows) };
    const literals: Readonly<Record<string, string>> = {
      flag: "'t'",
      small: "'32767'",
      big: "'9223372036854775807'",
      money: "'0.01'",
      words: "'twelve bytes'",
      day: "'2024-10-04'",
      hour: "'23:59:59.999999'",
      stamp: "'2026-01-01 00:00:00.000001'",
      zoned: "'2026-01-01 01:00:00.000001+01'",
      ident: "'FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF'",
      huge: "1000000000000000000000000000.0000000001",
    };
    for (const [name, literal] of Object.entries(literals)) {
      expect(
        await rowsOf(engine, `SELECT count(*) FROM t WHERE ${name} = ${literal}`, all),
        name,
      ).to.have.nested.property("[0][0]", 1n);
    }
  });

  it("reads vectors of strings of every mix of lengths", async () => {
    const texts = Array.from({ length: 5000 }, (_, at) => (at % 3 === 0 ? "é".repeat(at % 17) : "x".repeat(at % 31)));
    const source = {
      t: relation(
        "app.t",
        { n: "integer", s: "text" },
        texts.map((text, at) => [at, text]),
      ),
    };
    const answer = await rowsOf(engine, "SELECT s FROM t ORDER BY n", source);
    expect(answer.map(([text]) => text)).to.deep.equal(texts);
  });

  it("types results as PostgreSQL does", async () => {
    const sql =
      "SELECT count(*), sum(2), avg(1), sum(1.5), max('x'), array_agg(1), '1 day'::interval, json_build_object('a', 1), " +
      "now(), current_date, 1.5, 1, 3000000000, true, NULL, length('a'), extract(year FROM now()), ARRAY['a'] FROM (SELECT 1) s";
    expect((await run(engine, sql)).kinds).to.deep.equal(
      "bigint bigint double decimal text list interval json timestamptz date decimal integer bigint boolean text integer double list".split(
        " ",
      ),
    );
  });

  it("writes intervals as PostgreSQL does", async () => {
    const cases: Readonly<Record<string, string>> = {
      "1 year 2 months 3 days 04:05:06.7": "1 year 2 mons 3 days 04:05:06.7",
      "-1 day": "-1 days",
      "-1 day 2 hours": "-1 days +02:00:00",
      "0": "00:00:00",
      "90 minutes": "01:30:00",
      "-90 minutes": "-01:30:00",
    };
    for (const [text, shown] of Object.entries(cases)) {
      expect(await rowsOf(engine, `SELECT '${text === "0" ? "0 days" : text}'::interval`), text).to.deep.equal([
        [shown],
      ]);
    }
  });
});
