import { expect } from "chai";
import { type EmbeddedDatabase, KalamError, open } from "../../../src/index.ts";
import { flushAll } from "../../support/cold.ts";
import { values } from "../../support/engine.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";

const FORMS = [
  ["TIMESTAMP WITH TIME ZONE", "2024-01-02 03:04:05.123456789+02:00", "2024-01-02 01:04:05.123457+00"],
  ["TIMESTAMPTZ", "2024-07-02T12:00:00 Europe/Berlin", "2024-07-02 10:00:00+00"],
  ["TIMESTAMP(6) WITH TIME ZONE", "1969-12-31 23:59:59.9999999Z", "1970-01-01 00:00:00+00"],
  ["TIMESTAMP WITHOUT TIME ZONE", "2024-01-02 03:04:05.123456789+02:00", "2024-01-02 03:04:05.123457"],
  ["TIMESTAMP", "1888-02-29 03:04:05.000001", "1888-02-29 03:04:05.000001"],
] as const;

/** What an expression over `t` gives, through the row evaluator and through DuckDB, as text. */
async function both(db: EmbeddedDatabase, expression: string): Promise<string> {
  const [[here]] = (await values(db, `SELECT (${expression})::text FROM app.t`)) as [[string]];
  const [[duck]] = (await values(db, `SELECT max((${expression})::text) FROM app.t`)) as [[string]];
  expect(here, expression).to.equal(duck);
  return here;
}

async function withMoments(test: (db: EmbeddedDatabase) => Promise<void>): Promise<void> {
  await withFolder(async (dataDir) => {
    const db = await open({ dataDir });
    await db.query("CREATE NAMESPACE app");
    await db.query("CREATE SHARED TABLE app.t (id INT PRIMARY KEY, z TIMESTAMPTZ, p TIMESTAMP, n BIGINT, zone TEXT)");
    await db.query(
      "INSERT INTO app.t VALUES (1, '2024-01-02 01:04:05.123457Z', '2024-07-02 12:00', 1704164645123456789, 'Asia/Tokyo')",
    );
    try {
      await test(db);
    } finally {
      await db.close();
    }
  });
}

describe("moments", () => {
  it("are kept in microseconds, zoned ones as the moment in UTC, hot and cold", async () => {
    await withFolder(async (dataDir) => {
      const db = await open({ dataDir });
      await db.query("CREATE NAMESPACE app");
      const columns = FORMS.map(([type], at) => `c${at} ${type}`);
      await db.query(`CREATE SHARED TABLE app.t (id INT PRIMARY KEY, ${columns.join(", ")})`);
      await db.query(`INSERT INTO app.t VALUES (1, ${FORMS.map(([, text]) => `'${text}'`).join(", ")})`);
      const casts = FORMS.map(([type, text], at) => `CAST('${text}' AS ${type})::text AS c${at}`);
      const wanted = FORMS.map(([, , shown]) => shown);
      const stored = `SELECT ${FORMS.map((_, at) => `c${at}::text AS c${at}`).join(", ")} FROM app.t`;
      expect(await values(db, `SELECT ${casts.join(", ")}`)).to.deep.equal([wanted]);
      expect(await values(db, stored)).to.deep.equal([wanted]);
      const raw = await values(db, "SELECT * FROM app.t");
      await flushAll(db);
      expect(await values(db, stored)).to.deep.equal([wanted]);
      expect(await values(db, "SELECT * FROM app.t")).to.deep.equal(raw);
      expect(await values(db, "SELECT id FROM app.t WHERE c0 = '2024-01-02 01:04:05.123456900Z'")).to.deep.equal([[1]]);
      await db.close();
    });
  });

  it("become counts and come of counts, nanoseconds included", async () => {
    await withMoments(async (db) => {
      for (const [expression, text] of [
        ["to_timestamp_nanos(n)", "2024-01-02 03:04:05.123457"],
        ["to_timestamp_nanos(-n)", "1915-12-31 20:55:54.876543"],
        ["to_timestamp_nanos(1704164645123456499)", "2024-01-02 03:04:05.123456"],
        ["to_timestamp_nanos(-499)", "1970-01-01 00:00:00"],
        ["to_timestamp_nanos(-500)", "1969-12-31 23:59:59.999999"],
        ["to_timestamp_micros(n / 1000)", "2024-01-02 03:04:05.123456"],
        ["to_timestamp_millis(1704164645123)", "2024-01-02 03:04:05.123"],
        ["to_timestamp_seconds(id)", "1970-01-01 00:00:01"],
        ["epoch_ns(z)", "1704157445123457000"],
        ["epoch_us(z)", "1704157445123457"],
        ["epoch_ms(z)", "1704157445123"],
        ["epoch_ms(to_timestamp_micros(-1))", "-1"],
        ["epoch_ns(p::date)", "1719878400000000000"],
        ["to_timestamp_nanos(epoch_ns(p)) = p", "true"],
      ] as const) {
        expect(await both(db, expression), expression).to.equal(text);
      }
      for (const sql of [
        "SELECT epoch_ns(TIMESTAMP '9000-01-01') FROM app.t",
        "SELECT to_timestamp_seconds(n) FROM app.t",
      ]) {
        const error: unknown = await db.query(sql).catch((reason: unknown) => reason);
        expect(error, sql).to.be.instanceOf(KalamError);
        expect((error as KalamError).key, sql).to.be.oneOf([
          "out_of_range",
          "arithmetic_overflow",
          "datetime_out_of_range",
        ]);
      }
    });
  });

  it("are seen from zones by name, offset and interval, as in PostgreSQL", async () => {
    await withMoments(async (db) => {
      for (const [expression, text] of [
        ["z AT TIME ZONE 'Europe/Berlin'", "2024-01-02 02:04:05.123457"],
        ["z AT TIME ZONE zone", "2024-01-02 10:04:05.123457"],
        ["p AT TIME ZONE 'America/New_York'", "2024-07-02 16:00:00+00"],
        ["z AT TIME ZONE 'utc'", "2024-01-02 01:04:05.123457"],
        ["z AT TIME ZONE '+02:00'", "2024-01-01 23:04:05.123457"],
        ["z AT TIME ZONE '-0330'", "2024-01-02 04:34:05.123457"],
        ["z AT TIME ZONE 'UTC+3'", "2024-01-01 22:04:05.123457"],
        ["p AT TIME ZONE '-5'", "2024-07-02 07:00:00+00"],
        ["z AT TIME ZONE INTERVAL '3 hours'", "2024-01-02 04:04:05.123457"],
        ["p AT TIME ZONE INTERVAL '-3:30'", "2024-07-02 15:30:00+00"],
        ["z AT LOCAL", "2024-01-02 01:04:05.123457"],
        ["timezone('Asia/Tokyo', z)", "2024-01-02 10:04:05.123457"],
        ["date_trunc('day', z, 'Asia/Tokyo')", "2024-01-01 15:00:00+00"],
        ["make_timestamptz(2024, 1, 2, 3, 4, 5.5)", "2024-01-02 03:04:05.5+00"],
        ["make_timestamptz(2024, 7, 2, 3, 4, 5.5, 'Europe/Berlin')", "2024-07-02 01:04:05.5+00"],
      ] as const) {
        expect(await both(db, expression), expression).to.equal(text);
      }
      await kalamError(db.query("SELECT z AT TIME ZONE 'Mars/Base' FROM app.t"), "unknown_time_zone");
      await kalamError(db.query("SELECT z AT TIME ZONE ('Mars/' || zone) FROM app.t"), "unknown_time_zone");
      await kalamError(db.query("SELECT z AT TIME ZONE '+77:00' FROM app.t"), "unknown_time_zone");
    });
  });
});
