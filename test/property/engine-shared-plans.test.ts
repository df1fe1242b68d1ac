import { expect } from "chai";
import fc from "fast-check";
import { type EmbeddedDatabase, open } from "../../src/index.ts";

const RUNS = process.env.KALAMDB_TEST_LONG ? 3000 : 150;
const SEED = process.env.KALAMDB_TEST_SEED === undefined ? {} : { seed: Number(process.env.KALAMDB_TEST_SEED) };

const aBigint = fc.oneof(
  fc.constantFrom(0n, -1n, 1n, 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: -50n, max: 50n }),
);
const aText = fc.oneof(fc.constantFrom("", "'", "''", "a'b", "$1", "--x", "/*", "\\", "NULL"), fc.string());
const aDecimal = fc.integer({ min: -99_999, max: 99_999 }).map((unscaled) => {
  const digits = String(Math.abs(unscaled)).padStart(3, "0");
  return `${unscaled < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
});

const aRow = fc.record({
  id: aBigint,
  text: fc.option(
    aText.filter((text) => !text.includes("\u0000")),
    { freq: 4 },
  ),
  amount: fc.option(aDecimal, { freq: 4 }),
});

function quoted(text: string | null): string {
  return text === null ? "NULL" : `'${text.replaceAll("'", "''")}'`;
}

/** Statements that differ only in their literals share one plan; each must still mean its own literals. */
describe("statements that share a plan", () => {
  let db: EmbeddedDatabase;
  before(async () => {
    db = await open({ driver: "memory" });
    await db.query("CREATE SHARED TABLE t (id BIGINT PRIMARY KEY, text TEXT, amount DECIMAL(10, 2))");
  });
  after(() => db.close());

  it("give each its own answer", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(aRow, { selector: (row) => row.id, minLength: 1, maxLength: 6 }),
        fc.nat({ max: 7 }),
        fc.nat({ max: 7 }),
        aRow,
        async (rows, limit, offset, other) => {
          await db.query("DELETE FROM t WHERE true");
          for (const { id, text, amount } of rows) {
            const inserted = await db.query(`INSERT INTO t VALUES (${id}, ${quoted(text)}, ${amount}) RETURNING *`);
            expect(inserted.rows).to.deep.equal([{ id, text, amount }]);
          }
          const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
          for (const row of rows) {
            const { rows: byKey } = await db.query(`SELECT *, ${quoted(row.text)} AS said FROM t WHERE id = ${row.id}`);
            expect(byKey).to.deep.equal([{ ...row, said: row.text }]);
            const { rows: byText } = await db.query(`SELECT id FROM t WHERE text = ${quoted(row.text)}`);
            const same = sorted.filter(({ text }) => text !== null && text === row.text);
            expect(byText).to.deep.equal(same.map(({ id }) => ({ id })));
          }
          const window = await db.query(`SELECT id FROM t ORDER BY id LIMIT ${limit} OFFSET ${offset}`);
          expect(window.rows).to.deep.equal(sorted.slice(offset, offset + limit).map(({ id }) => ({ id })));
          const column = 1 + (limit % 2);
          const ordered = await db.query(`SELECT text, id FROM t ORDER BY ${column} DESC, 2`);
          if (column === 2)
            expect(ordered.rows.map(({ id }) => id)).to.deep.equal(sorted.map(({ id }) => id).reverse());
          const [first] = sorted as [(typeof sorted)[number]];
          const set = `text = ${quoted(other.text)}, amount = ${other.amount}`;
          const updated = await db.query(`UPDATE t SET ${set} WHERE id = ${first.id} RETURNING *`);
          expect(updated.rows).to.deep.equal([{ id: first.id, text: other.text, amount: other.amount }]);
          const gone = await db.query(`DELETE FROM t WHERE id IN (${first.id}, ${other.id}) RETURNING id`);
          const ids = sorted.map(({ id }) => id).filter((id) => id === first.id || id === other.id);
          expect(gone.rows.map(({ id }) => id)).to.have.members(ids);
        },
      ),
      { numRuns: RUNS, ...SEED },
    );
  });

  it("are planned anew after every change of a definition", async () => {
    const sql = "SELECT * FROM p WHERE a = 1";
    const insert = "INSERT INTO p VALUES (1)";
    await db.query("CREATE SHARED TABLE p (a INT)");
    await db.query(insert);
    expect((await db.query(sql)).rows).to.deep.equal([{ a: 1 }]);
    await db.query("ALTER TABLE p ADD COLUMN b INT DEFAULT 2");
    expect((await db.query(sql)).rows).to.deep.equal([{ a: 1, b: 2 }]);
    await db.query("DROP TABLE p");
    await db.query("CREATE SHARED TABLE p (a TEXT, z INT)");
    await db.query("INSERT INTO p VALUES ('1', 3)");
    expect((await db.query("SELECT * FROM p WHERE a = '1'")).rows).to.deep.equal([{ a: "1", z: 3 }]);
    await db.query("DROP TABLE p");
    await db.query("CREATE VIEW p AS SELECT 1 AS a, 9 AS y");
    expect((await db.query(sql)).rows).to.deep.equal([{ a: 1, y: 9 }]);
  });

  it("a view cannot be made to name itself, and stays what it was", async () => {
    await db.query("CREATE VIEW v1 AS SELECT 1 AS a");
    await db.query("CREATE VIEW v2 AS SELECT * FROM v1");
    const replaced = await db.query("CREATE OR REPLACE VIEW v1 AS SELECT * FROM v2").catch((error: unknown) => error);
    expect(replaced).to.be.instanceOf(Error);
    expect(replaced).to.not.have.property("key", "internal");
    expect((await db.query("SELECT * FROM v1")).rows).to.deep.equal([{ a: 1 }]);
  });
});
