import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { expect } from "chai";
import { openDatabase } from "../../src/engine/duckdb/database.ts";
import type { DuckHost } from "../../src/engine/duckdb/host.ts";
import { ScanFunction } from "../../src/engine/query/analytic/scan/scan-function.ts";
import { rejection } from "../support/rejection.ts";
import { failure, newEngine, newHost, relation, rowsOf, type TestEngine } from "../unit/analytic/harness.ts";

describe("DuckDB is locked down", () => {
  describe("beneath the renderer, even for text of any kind", () => {
    let database: DuckDBInstance;
    let connection: DuckDBConnection;
    before(async () => {
      const scan = new ScanFunction();
      database = await openDatabase(
        { memoryLimitBytes: 64_000_000, threads: 1, temporaryDirectory: undefined, directories: [] },
        [scan.definition()],
      );
      connection = await database.connect();
    });
    after(() => {
      connection.closeSync();
      database.closeSync();
    });

    const forbidden = [
      "SET memory_limit = '100GB'",
      "SET GLOBAL threads = 64",
      "SET enable_external_access = true",
      "SET lock_configuration = false",
      "RESET lock_configuration",
      "SET TimeZone = 'Europe/Berlin'",
      "SET temp_directory = '/tmp'",
      "PRAGMA memory_limit='1GB'",
      "PRAGMA profile_output='/tmp/kalam-lockdown.json'",
      "ATTACH '/tmp/kalam-lockdown.db' AS other",
      "COPY (SELECT 1) TO '/tmp/kalam-lockdown.csv'",
      "COPY (SELECT 1) TO '/dev/stdout'",
      "EXPORT DATABASE '/tmp/kalam-lockdown'",
      "IMPORT DATABASE '/tmp/kalam-lockdown'",
      "INSTALL httpfs",
      "LOAD httpfs",
      "LOAD '/tmp/x.duckdb_extension'",
      "SELECT * FROM read_csv('/etc/passwd')",
      "SELECT * FROM read_csv_auto('/etc/passwd')",
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM read_blob('/etc/passwd')",
      "SELECT * FROM read_json('/etc/passwd')",
      "SELECT * FROM read_parquet('/tmp/x.parquet')",
      "SELECT * FROM parquet_metadata('/tmp/x.parquet')",
      "SELECT * FROM '/etc/passwd'",
      "SELECT * FROM glob('/*')",
      "SELECT * FROM sniff_csv('/etc/passwd')",
      "CREATE SECRET s (TYPE s3)",
      "SELECT * FROM kalam_scan('00000000000000000000000000000000')",
    ];
    for (const sql of forbidden) {
      it(sql, async () => {
        let error: unknown;
        try {
          await (await connection.stream(sql)).fetchChunk();
        } catch (thrown) {
          error = thrown;
        }
        expect(error, "it ran").to.be.instanceOf(Error);
      });
    }

    it("keeps the settings that queries rely on, on every connection", async () => {
      const other = await database.connect();
      const { names } = { names: ["TimeZone", "integer_division", "lock_configuration", "enable_external_access"] };
      const reader = await other.runAndReadAll(
        `SELECT name, value FROM duckdb_settings() WHERE name IN (${names.map((name) => `'${name}'`).join(", ")}) ORDER BY name`,
      );
      expect(Object.fromEntries(reader.getRowsJson() as [string, string][])).to.deep.equal({
        TimeZone: "UTC",
        integer_division: "true",
        lock_configuration: "true",
        enable_external_access: "false",
      });
      other.closeSync();
    });
  });

  describe("beneath, where some folders are open", () => {
    let base: string;
    let host: DuckHost;
    before(() => {
      base = mkdtempSync(join(tmpdir(), "kalamdb-test-"));
      for (const folder of ["open", "openness", "closed", "spill"]) mkdirSync(join(base, folder));
      for (const folder of ["open", "openness", "closed"]) writeFileSync(join(base, folder, "text.txt"), folder);
      symlinkSync(join(base, "closed"), join(base, "open", "folder-link"));
      symlinkSync(join(base, "closed", "text.txt"), join(base, "open", "file-link"));
      symlinkSync(join(base, "open"), join(base, "open-link"));
      host = newHost({ directories: [join(base, "open")], temporaryDirectory: join(base, "spill") });
    });
    after(() => {
      host.close();
      rmSync(base, { recursive: true });
    });

    const rows = (sql: string): Promise<unknown> =>
      host.use(undefined, async (connection) => (await connection.runAndReadAll(sql)).getRowsJson());

    it("reads and writes in them", async () => {
      const file = join(base, "open", "new.parquet");
      await rows(`COPY (SELECT 42 AS answer) TO '${file}'`);
      expect(await rows(`SELECT answer FROM read_parquet('${file}')`)).to.deep.equal([[42]]);
      expect(await rows(`SELECT content FROM read_text('${join(base, "open", "text.txt")}')`)).to.deep.equal([
        ["open"],
      ]);
    });

    for (const path of [
      "closed/text.txt",
      "openness/text.txt",
      "open/../closed/text.txt",
      "open/./../closed/text.txt",
      "open/folder-link/text.txt",
      "open/file-link",
      "*/text.txt",
      "op*/text.txt",
    ]) {
      it(`does not read ${path}`, async () => {
        const error = await rejection(rows(`SELECT * FROM read_text('${base}/${path}')`));
        expect(String(error)).to.include("Permission Error");
      });
    }

    for (const path of [
      "closed/new.parquet",
      "new.parquet",
      "open/../closed/new.parquet",
      "open/folder-link/new.parquet",
      "open/folder-link/../new.parquet",
    ]) {
      it(`does not write ${path}`, async () => {
        const error = await rejection(rows(`COPY (SELECT 1 AS a) TO '${base}/${path}'`));
        expect(String(error)).to.include("Permission Error");
        expect(existsSync(join(base, "closed", "new.parquet"))).to.equal(false);
      });
    }

    it("opens no more of them", async () => {
      for (const sql of [
        `SET GLOBAL allowed_directories = ['${base}']`,
        `SET allowed_paths = ['${base}/closed/text.txt']`,
        "RESET allowed_directories",
      ]) {
        expect(await rejection(rows(sql)), sql).to.be.instanceOf(Error);
      }
    });
  });

  describe("above, where hostile text reaches nothing but its own relations", () => {
    const mine = relation("app.mine", { id: "integer", s: "text" }, [[1, "mine"]]);
    const quoted = relation("app.quoted", { 'a"b': "integer", "'; DROP TABLE x; --": "text" }, [[7, "q"]]);
    const tables = { mine, quoted, "app.mine": mine };
    let engine: TestEngine;
    before(() => {
      engine = newEngine();
    });
    after(() => engine.close());

    const absent = [
      "SELECT * FROM sqlite_master",
      "SELECT * FROM duckdb_tables",
      'SELECT * FROM "information_schema"."tables"',
      "SELECT * FROM pg_catalog.pg_class",
      "SELECT * FROM pg_tables",
      'SELECT * FROM "kalam_scan"',
      'SELECT * FROM "k_0"',
      'SELECT * FROM "/etc/passwd"',
      `SELECT * FROM "read_csv('/etc/passwd')"`,
      'SELECT * FROM U&"sqlite\\005Fmaster"',
      "SELECT * FROM system.information_schema.tables",
      "SELECT (SELECT count(*) FROM duckdb_settings) FROM mine",
      "SELECT * FROM mine WHERE EXISTS (SELECT 1 FROM sqlite_master)",
      "SELECT * FROM mine, LATERAL (SELECT * FROM sqlite_master) l",
      "WITH x AS (SELECT * FROM sqlite_master) SELECT * FROM x",
      "WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT id FROM sqlite_master) SELECT * FROM x",
      "SELECT 1 UNION SELECT id FROM sqlite_master",
      "SELECT id FROM mine ORDER BY (SELECT 1 FROM sqlite_master)",
      "SELECT id FROM mine GROUP BY id HAVING (SELECT true FROM sqlite_master)",
      "SELECT id FROM mine LIMIT (SELECT 1 FROM sqlite_master)",
      "SELECT sum(id) FILTER (WHERE (SELECT true FROM sqlite_master)) FROM mine",
      "SELECT sum(id) OVER (PARTITION BY (SELECT 1 FROM sqlite_master)) FROM mine",
      "SELECT a.id FROM mine a JOIN mine b ON (SELECT true FROM sqlite_master)",
      "SELECT * FROM generate_series(1, (SELECT 1 FROM sqlite_master)) g",
      "SELECT (WITH mine AS (SELECT 1) SELECT 1 FROM other) FROM mine",
      "VALUES ((SELECT 1 FROM sqlite_master))",
      "TABLE sqlite_master",
    ];
    for (const sql of absent) {
      it(sql, async () => {
        expect((await failure(engine, sql, tables)).key).to.equal("table_not_found");
      });
    }

    const functions = [
      "kalam_scan('x')",
      '"kalam_scan"(1)',
      'U&"kalam\\005Fscan"(1)',
      "read_csv('/etc/passwd')",
      "read_text('/etc/passwd')",
      "read_blob('/etc/passwd')",
      "glob('/*')",
      "getenv('HOME')",
      "getvariable('x')",
      "current_setting('memory_limit')",
      "set_config('a', 'b', false)",
      "pg_read_file('/etc/passwd')",
      "pg_catalog.pg_read_file('/etc/passwd')",
      "pg_sleep(1)",
      "query('SELECT 1')",
      "query_table('x')",
      "duckdb_tables()",
      "duckdb_secrets()",
      "pragma_version()",
      "parquet_scan('x')",
      "sniff_csv('x')",
      "error('x')",
      "main.lower('A')",
      "system.main.lower('A')",
      "information_schema.lower('A')",
      "currval('x')",
      "txid_current()",
      "current_schemas(true)",
      "add_parquet_key('a', 'b')",
      "json_execute_serialized_sql('x')",
      "json_serialize_sql('SELECT 1')",
      "which_secret('a', 'b')",
      "constructor('x')",
      "__proto__(1)",
      "toString()",
      "write_log('x')",
      "in_search_path('a', 'b')",
    ];
    for (const call of functions) {
      it(call, async () => {
        expect((await failure(engine, `SELECT ${call}`, tables)).key, "in the select list").to.equal(
          "function_not_allowed",
        );
        expect((await failure(engine, `SELECT * FROM ${call} AS f`, tables)).key, "in FROM").to.equal(
          "function_not_allowed",
        );
        expect((await failure(engine, `SELECT 1 FROM mine WHERE ${call} IS NULL`, tables)).key, "in WHERE").to.equal(
          "function_not_allowed",
        );
        expect((await failure(engine, `SELECT ${call} OVER () FROM mine`, tables)).key, "with OVER").to.equal(
          "function_not_allowed",
        );
      });
    }

    it("takes any text as a constant", async () => {
      const texts = [
        "'",
        "''",
        "\\",
        "\\'",
        "'; DROP TABLE x; --",
        "/* */ -- ",
        "$$",
        "$1",
        "é\u2028\u{1F600}",
        "E\\x27",
        "' || getenv('HOME') || '",
        "\n\r\t",
      ];
      for (const text of texts) {
        expect(await rowsOf(engine, "SELECT $1::text, s FROM mine WHERE $2 <> s", tables, [text, text])).to.deep.equal([
          [text, "mine"],
        ]);
        expect(
          await rowsOf(engine, "SELECT json_build_object($1::text, 1) ->> $1", tables, [text]),
          text,
        ).to.deep.equal([["1"]]);
        expect(
          await rowsOf(engine, "SELECT 'x' LIKE $1 || 'x', replace('x', $1, ''), ('{}'::json ->> $1)", tables, [text]),
        ).to.have.length(1);
      }
    });

    it("takes any name as a name", async () => {
      const sql = `SELECT "a""b" AS "x""; SELECT 1; --", "'; DROP TABLE x; --" AS "k_0" FROM quoted AS "kalam_scan"`;
      expect(await rowsOf(engine, sql, tables)).to.deep.equal([[7, "q"]]);
      const cte = `WITH "sqlite_master" AS (SELECT id AS "duckdb_tables()" FROM mine) SELECT "duckdb_tables()" FROM "sqlite_master"`;
      expect(await rowsOf(engine, cte, tables)).to.deep.equal([[1]]);
      const window = `SELECT sum(id) OVER "w) FROM duckdb_tables() --" FROM mine WINDOW "w) FROM duckdb_tables() --" AS (ORDER BY id)`;
      expect(await rowsOf(engine, window, tables)).to.deep.equal([[1n]]);
    });

    it("lets a CTE hide a table only where it is in scope", async () => {
      const sql = "SELECT (WITH mine AS (SELECT 5 AS id) SELECT id FROM mine), id FROM mine";
      expect(await rowsOf(engine, sql, tables)).to.deep.equal([[5, 1]]);
      expect((await failure(engine, "SELECT (WITH hidden AS (SELECT 1) SELECT 1) FROM hidden", tables)).key).to.equal(
        "table_not_found",
      );
    });

    it("casts to no type of DuckDB's or the catalog's", async () => {
      for (const type of [
        "regclass",
        "oid",
        "struct",
        '"VARCHAR; DROP"',
        "pg_catalog.regproc",
        "app.mine",
        "hugeint",
        '"INTEGER[]"',
        "variant",
      ]) {
        expect(["undefined_type", "feature_not_supported"], type).to.include(
          (await failure(engine, `SELECT 1::${type}`, tables)).key,
        );
      }
    });
  });
});
