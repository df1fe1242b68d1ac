import { expect } from "chai";
import { newEngine, relation, rowsOf, run, type TestEngine } from "./harness.ts";

const people = relation(
  "app.people",
  { id: "bigint", name: "text", age: "integer", city: "text", _seq: "bigint" },
  [
    [1n, "ann", 30, "Rome", 11n],
    [2n, "bob", null, "Oslo", 12n],
    [3n, "cy", 50, "Rome", 13n],
    [4n, "a name that is longer than twelve bytes: é", 20, null, 14n],
  ],
  { key: ["id"] },
);
const orders = relation(
  "app.orders",
  { id: "bigint", person: "bigint", total: { kind: "decimal", precision: 10, scale: 2 } },
  [],
  { key: ["id"] },
);
const tables = { people, "app.people": people, orders };

describe("analytical queries: SELECT", () => {
  let engine: TestEngine;
  before(() => {
    engine = newEngine();
  });
  after(() => engine.close());

  it("expands * in order, without hidden columns, and gives them when they are named", async () => {
    const all = await run(engine, "SELECT * FROM people WHERE id = 1", tables);
    expect(all.names).to.deep.equal(["id", "name", "age", "city"]);
    expect(all.columns[0]).to.deep.include({ name: "id", primaryKey: true });
    expect(all.rows).to.deep.equal([[1n, "ann", 30, "Rome"]]);
    const hidden = await run(engine, "SELECT p.*, p._seq FROM people p WHERE id = 1", tables);
    expect(hidden.rows).to.deep.equal([[1n, "ann", 30, "Rome", 11n]]);
  });

  it("keeps the order of the key without ORDER BY", async () => {
    expect(await rowsOf(engine, "SELECT id FROM people", tables)).to.deep.equal([[1n], [2n], [3n], [4n]]);
  });

  it("reads strings short and long, ASCII and not", async () => {
    const [row] = await rowsOf(engine, "SELECT name, length(name) FROM people WHERE id = 4", tables);
    expect(row).to.deep.equal(["a name that is longer than twelve bytes: é", 42]);
  });

  it("names columns as PostgreSQL does, twice the same if need be", async () => {
    const sql =
      "SELECT count(*), max(age), 1 + 1, lower('A'), count(*)::int, '1'::int, CASE WHEN true THEN 1 END, coalesce(1, 2), " +
      "ARRAY[1], EXISTS (SELECT 1), (SELECT 1 AS x), current_date, now(), nullif(1, 2), extract(year FROM now()), count(*) FROM people";
    expect((await run(engine, sql, tables)).names).to.deep.equal(
      "count max ?column? lower count int4 case coalesce array exists x current_date now nullif extract count".split(
        " ",
      ),
    );
  });

  it("keeps names that differ only in case apart", async () => {
    const { names, rows } = await run(engine, `SELECT "A", a, s."A" FROM (SELECT 1 AS "A", 2 AS a) s`, tables);
    expect(names).to.deep.equal(["A", "a", "A"]);
    expect(rows).to.deep.equal([[1, 2, 1]]);
  });

  it("joins: inner, left, right, full, cross, USING, NATURAL", async () => {
    const cases: readonly [string, unknown[][]][] = [
      ["SELECT a.id FROM people a JOIN people b ON a.id = b.id + 1 ORDER BY 1", [[2n], [3n], [4n]]],
      [
        "SELECT a.id, b.id FROM people a LEFT JOIN people b ON b.id = a.id + 3 ORDER BY 1 LIMIT 2",
        [
          [1n, 4n],
          [2n, null],
        ],
      ],
      ["SELECT a.id FROM people a RIGHT JOIN people b ON a.id = b.id + 3 ORDER BY 1", [[4n], [null], [null], [null]]],
      ["SELECT count(*) FROM people a FULL JOIN people b ON a.id = b.id + 3", [[7n]]],
      ["SELECT count(*) FROM people CROSS JOIN people b", [[16n]]],
      ["SELECT count(*) FROM people, people b", [[16n]]],
      ["SELECT id, count(*) FROM people a JOIN people b USING (id) GROUP BY id ORDER BY id DESC LIMIT 1", [[4n, 1n]]],
      ["SELECT count(*) FROM people a NATURAL JOIN people b", [[2n]]],
      ["SELECT id FROM people a FULL JOIN people b USING (id) ORDER BY id LIMIT 1", [[1n]]],
      ["SELECT p.id FROM people p LEFT JOIN orders o ON o.person = p.id WHERE o.id IS NULL ORDER BY 1 LIMIT 1", [[1n]]],
    ];
    for (const [sql, rows] of cases) expect(await rowsOf(engine, sql, tables), sql).to.deep.equal(rows);
  });

  it("groups: by name, position, expression, alias, key, sets", async () => {
    const cases: readonly [string, unknown[][]][] = [
      [
        "SELECT city, count(*) FROM people GROUP BY city ORDER BY city",
        [
          ["Oslo", 1n],
          ["Rome", 2n],
          [null, 1n],
        ],
      ],
      ["SELECT city, count(*) FROM people GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1", [["Rome", 2n]]],
      [
        "SELECT upper(city) AS c, sum(age) FROM people GROUP BY c ORDER BY c",
        [
          ["OSLO", null],
          ["ROME", 80n],
          [null, 20n],
        ],
      ],
      ["SELECT id, name, count(*) FROM people GROUP BY id ORDER BY id LIMIT 1", [[1n, "ann", 1n]]],
      ["SELECT city FROM people GROUP BY city HAVING count(*) > 1", [["Rome"]]],
      [
        "SELECT city, grouping(city), count(*) FROM people GROUP BY ROLLUP (city) ORDER BY 2, 1 LIMIT 1",
        [["Oslo", 0, 1n]],
      ],
      ["SELECT count(*) FROM people GROUP BY GROUPING SETS ((city), ()) ORDER BY 1 DESC LIMIT 1", [[4n]]],
      ["SELECT DISTINCT city FROM people ORDER BY city NULLS FIRST", [[null], ["Oslo"], ["Rome"]]],
      [
        "SELECT DISTINCT ON (city) city, id FROM people ORDER BY city, id DESC",
        [
          ["Oslo", 2n],
          ["Rome", 3n],
          [null, 4n],
        ],
      ],
    ];
    for (const [sql, rows] of cases) expect(await rowsOf(engine, sql, tables), sql).to.deep.equal(rows);
  });

  it("orders NULL as the greatest, both ways", async () => {
    expect(await rowsOf(engine, "SELECT age FROM people ORDER BY age", tables)).to.deep.equal([
      [20],
      [30],
      [50],
      [null],
    ]);
    expect(await rowsOf(engine, "SELECT age FROM people ORDER BY age DESC", tables)).to.deep.equal([
      [null],
      [50],
      [30],
      [20],
    ]);
  });

  it("knows CTEs: plain, renamed, chained, recursive, and they hide tables", async () => {
    const cases: readonly [string, unknown[][]][] = [
      [
        "WITH r AS (SELECT id FROM people WHERE city = 'Rome') SELECT count(*) FROM r a JOIN r b ON a.id = b.id",
        [[2n]],
      ],
      ["WITH r(x) AS (SELECT id FROM people), s AS (SELECT max(x) AS m FROM r) SELECT m FROM s", [[4n]]],
      ["WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT sum(i) FROM n", [[55n]]],
      ["WITH people AS (SELECT 7 AS id) SELECT id FROM people", [[7]]],
      ["WITH people AS (SELECT 7 AS id) SELECT count(*) FROM app.people", [[4n]]],
      ["WITH people AS (SELECT id FROM people WHERE id > 3) SELECT id FROM people", [[4n]]],
      ["WITH a AS MATERIALIZED (SELECT 1 AS x) SELECT (SELECT x FROM a)", [[1]]],
    ];
    for (const [sql, rows] of cases) expect(await rowsOf(engine, sql, tables), sql).to.deep.equal(rows);
  });

  it("knows set operations, VALUES and LIMIT", async () => {
    const cases: readonly [string, unknown[][]][] = [
      ["SELECT 1 UNION SELECT 1", [[1]]],
      ["SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a DESC", [[2], [1]]],
      ["SELECT id FROM people EXCEPT SELECT id FROM people WHERE id > 1", [[1n]]],
      ["SELECT id FROM people INTERSECT SELECT 2 ORDER BY 1", [[2n]]],
      ["(SELECT 1 LIMIT 1) UNION ALL (SELECT 2 ORDER BY 1 LIMIT 1) ORDER BY 1", [[1], [2]]],
      [
        "VALUES (1, 'a'), (2, NULL) ORDER BY column1 DESC",
        [
          [2, null],
          [1, "a"],
        ],
      ],
      ["SELECT k FROM (VALUES (1, 'x'), (2, 'y')) v(n, k) WHERE n = 2", [["y"]]],
      ["SELECT id FROM people ORDER BY id LIMIT 1 OFFSET 2", [[3n]]],
      ["SELECT id FROM people ORDER BY id LIMIT NULL OFFSET 3", [[4n]]],
      ["SELECT id FROM people ORDER BY id LIMIT ALL", [[1n], [2n], [3n], [4n]]],
    ];
    for (const [sql, rows] of cases) expect(await rowsOf(engine, sql, tables), sql).to.deep.equal(rows);
  });

  it("knows subqueries: scalar, EXISTS, IN, ANY, ALL, ARRAY, rows, LATERAL, correlated", async () => {
    const cases: readonly [string, unknown[][]][] = [
      ["SELECT (SELECT max(age) FROM people q WHERE q.city = p.city) FROM people p ORDER BY p.id LIMIT 1", [[50]]],
      ["SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM people q WHERE q.id = p.id + 3)", [[1n]]],
      ["SELECT id FROM people WHERE id IN (SELECT id + 3 FROM people)", [[4n]]],
      ["SELECT id FROM people WHERE id NOT IN (SELECT id + 1 FROM people)", [[1n]]],
      ["SELECT id FROM people WHERE age >= ALL (SELECT age FROM people WHERE age IS NOT NULL)", [[3n]]],
      ["SELECT id FROM people WHERE age = ANY (SELECT 30)", [[1n]]],
      ["SELECT ARRAY(SELECT id FROM people ORDER BY id DESC)", [[[4n, 3n, 2n, 1n]]]],
      ["SELECT id FROM people WHERE (city, age) IN (SELECT 'Rome', 50)", [[3n]]],
      [
        "SELECT p.id, l.n FROM people p, LATERAL (SELECT count(*) AS n FROM people q WHERE q.id < p.id) l ORDER BY 1 DESC LIMIT 1",
        [[4n, 3n]],
      ],
      ["SELECT id FROM people WHERE (id, name) < (2, 'a')", [[1n]]],
    ];
    for (const [sql, rows] of cases) expect(await rowsOf(engine, sql, tables), sql).to.deep.equal(rows);
  });

  it("knows unnest and generate_series, lateral and with ordinality", async () => {
    const cases: readonly [string, unknown[][]][] = [
      ["SELECT * FROM generate_series(1, 3) g", [[1n], [2n], [3n]]],
      [
        "SELECT x, o FROM unnest(ARRAY['a','b']) WITH ORDINALITY AS u(x, o)",
        [
          ["a", 1n],
          ["b", 2n],
        ],
      ],
      ["SELECT count(*) FROM people p, generate_series(1, p.id) s", [[10n]]],
      ["SELECT unnest(ARRAY[5, 6])", [[5], [6]]],
      ["SELECT count(*) FROM generate_series('2026-01-01'::timestamp, '2026-01-03', '1 day')", [[3n]]],
    ];
    for (const [sql, rows] of cases) expect(await rowsOf(engine, sql, tables), sql).to.deep.equal(rows);
  });

  it("knows window functions and frames", async () => {
    const sql =
      "SELECT row_number() OVER w, rank() OVER (ORDER BY city), ntile(2) OVER w, lag(id, 1, 0) OVER w, lead(id) OVER w, " +
      "first_value(name) OVER w, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), " +
      "count(*) OVER (PARTITION BY city) FROM people WINDOW w AS (ORDER BY id) ORDER BY id LIMIT 2";
    expect(await rowsOf(engine, sql, tables)).to.deep.equal([
      [1n, 2n, 1, 0n, 2n, "ann", 1n, 2n],
      [2n, 1n, 1, 1n, 3n, "ann", 3n, 1n],
    ]);
  });
});
