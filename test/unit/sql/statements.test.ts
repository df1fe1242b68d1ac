import { expect } from "chai";
import type { AlterTable, CreateTable, ExecuteAsStatement, ParsedStatement } from "../../../src/engine/sql/index.ts";
import type { CreateStorage } from "../../../src/engine/sql/statement.ts";
import { errorOf, failureOf, loadSqlParser, newParser, only, statementOf } from "./parse.ts";

const createTable = (text: string) => statementOf(text) as CreateTable;
const actions = (text: string) => (statementOf(text) as AlterTable).actions;

describe("statements of our own", () => {
  before(loadSqlParser);

  it("namespaces", () => {
    expect(statementOf("CREATE NAMESPACE IF NOT EXISTS App")).to.deep.equal({
      kind: "create_namespace",
      name: "app",
      position: 31,
      ifNotExists: true,
      options: {},
    });
    expect(statementOf('create schema "A"')).to.include({ kind: "create_namespace", name: "A", ifNotExists: false });
    expect(statementOf("ALTER NAMESPACE a SET OPTIONS (x = 'it''s', y = 5)")).to.deep.include({
      kind: "alter_namespace",
      options: { X: "it's", Y: "5" },
    });
    expect(statementOf("DROP NAMESPACE IF EXISTS a CASCADE")).to.include({
      kind: "drop_namespace",
      name: "a",
      ifExists: true,
    });
    for (const text of ["USE a", "USE NAMESPACE a", "SET NAMESPACE a", "use 'a'", "SET NAMESPACE = a"]) {
      expect(statementOf(text), text).to.include({ kind: "use_namespace", name: "a" });
    }
    expect(statementOf("USE namespace")).to.include({ name: "namespace" });
    expect(errorOf("CREATE NAMESPACE a b").message).to.equal('syntax error at or near "b"');
    expect(errorOf("CREATE NAMESPACE").message).to.equal("syntax error at end of input");
  });

  it("users", () => {
    expect(statementOf("CREATE USER Bob WITH PASSWORD 'p''w' ROLE dba EMAIL 'b@x'")).to.deep.equal({
      kind: "create_user",
      user: "Bob",
      ifNotExists: false,
      authentication: { type: "password", password: "p'w" },
      role: "dba",
      email: "b@x",
    });
    expect(statementOf(`CREATE USER 'a b' ROLE user WITH OAUTH '{"provider":"x"}'`)).to.deep.include({
      user: "a b",
      authentication: { type: "oauth", data: '{"provider":"x"}' },
    });
    expect(statementOf("CREATE USER a WITH INTERNAL ROLE system")).to.deep.include({
      authentication: { type: "internal" },
    });
    expect(statementOf("ALTER USER a SET PASSWORD 'x'")).to.deep.include({
      change: { type: "password", password: "x" },
    });
    for (const text of ["ALTER USER a WITH PASSWORD 'x'", "ALTER USER a PASSWORD 'x'"]) {
      expect(statementOf(text), text).to.deep.include({ user: "a", change: { type: "password", password: "x" } });
    }
    expect(errorOf("ALTER USER a ROLE dba").message).to.equal('syntax error at or near "ROLE"');
    expect(statementOf("ALTER USER a SET ROLE service")).to.deep.include({ change: { type: "role", role: "service" } });
    expect(statementOf("DROP USER IF EXISTS a")).to.deep.equal({ kind: "drop_user", user: "a", ifExists: true });
    for (const text of [
      "CREATE USER a",
      "CREATE USER a WITH ROLE dba",
      "ALTER USER a",
      "CREATE USER a PASSWORD 'x' PASSWORD 'y'",
    ]) {
      expect(errorOf(text).key, text).to.equal("syntax_error");
    }
  });

  it("SHOW, DESCRIBE and CLEAR CACHE", () => {
    const table = (position: number) => ({ namespace: "a", name: "t", position });
    const subjects: [string, unknown][] = [
      ["SHOW NAMESPACES", { type: "namespaces" }],
      ["show tables", { type: "tables", namespace: undefined }],
      ["SHOW TABLES IN NAMESPACE a", { type: "tables", namespace: "a" }],
      ["SHOW TABLES IN a", { type: "tables", namespace: "a" }],
      ["SHOW COLUMNS FROM a.t", { type: "columns", table: table(18) }],
      ["SHOW STATS FOR TABLE a.t", { type: "stats", table: table(21) }],
      ["SHOW CREATE TABLE a.t", { type: "create_table", table: table(18) }],
      ["SHOW JOBS", { type: "jobs", ids: undefined }],
      ["SHOW JOBS 'FL-1', 'CO-2'", { type: "jobs", ids: ["FL-1", "CO-2"] }],
      ["SHOW server_version", { type: "setting", name: "server_version" }],
    ];
    for (const [text, subject] of subjects) expect(statementOf(text), text).to.deep.equal({ kind: "show", subject });
    for (const text of ["DESCRIBE TABLE a.t HISTORY", "desc a.t history"]) {
      expect(statementOf(text)).to.deep.include({ kind: "describe_table", history: true });
    }
    expect(statementOf("DESCRIBE table")).to.deep.include({ history: false });
    expect(statementOf("kill job 'FL-1'")).to.deep.equal({ kind: "kill_job", job: "FL-1", position: 9 });
    for (const text of [
      "KILL JOB",
      "KILL JOB 5",
      "KILL 'FL-1'",
      "KILL JOB 'a' 'b'",
      "SHOW JOBS 'a' 'b'",
      "SHOW JOBS a",
    ]) {
      expect(errorOf(text).key, text).to.equal("syntax_error");
    }
    expect(statementOf("CLEAR CACHE")).to.deep.equal({ kind: "clear_cache" });
  });

  it("transactions and EXPLAIN", () => {
    const kinds = newParser().parse("BEGIN; START TRANSACTION; BEGIN WORK; COMMIT; END; ROLLBACK; ABORT");
    expect(kinds.map(({ template }) => template.statement.kind).join(" ")).to.equal(
      "begin begin begin commit commit rollback rollback",
    );
    expect(statementOf("EXPLAIN (ANALYZE, VERBOSE) SELECT 1")).to.include({ kind: "explain", analyze: true });
    expect(statementOf("EXPLAIN DELETE FROM t")).to.include({ kind: "explain", analyze: false });
  });

  it("views", () => {
    expect(statementOf("CREATE OR REPLACE VIEW a.v (x) AS  SELECT b AS y FROM t ")).to.deep.include({
      kind: "create_view",
      view: { namespace: "a", name: "v", position: 23 },
      orReplace: true,
      columns: ["x"],
      query: "SELECT b AS y FROM t",
    });
    expect(statementOf("DROP VIEW IF EXISTS v, a.w CASCADE")).to.deep.equal({
      kind: "drop_view",
      ifExists: true,
      views: [
        { namespace: undefined, name: "v", position: 20 },
        { namespace: "a", name: "w", position: 23 },
      ],
    });
  });
});

describe("table statements", () => {
  before(loadSqlParser);

  it("read kinds, columns, keys and options", () => {
    const table = createTable(`CREATE STREAM TABLE IF NOT EXISTS App.Typing (
      id BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(), name VARCHAR(20) NOT NULL, v EMBEDDING(3) NULL, at TIMESTAMP(3),
      d DECIMAL(10, 2) CHECK (d > 0), o int REFERENCES x (y), u text UNIQUE, PRIMARY KEY (id, name)
    ) USING heap WITH (TTL_SECONDS = 10, flush_policy = 'rows:5', ACCESS_LEVEL = PUBLIC, use_user_storage = TRUE)`);
    expect(table).to.deep.include({ tableKind: "stream", ifNotExists: true, primaryKey: ["id", "name"] });
    expect(table.table).to.deep.equal({ namespace: "app", name: "typing", position: 34 });
    expect([...table.options].join(" ")).to.equal(
      "TTL_SECONDS,10 FLUSH_POLICY,rows:5 ACCESS_LEVEL,public USE_USER_STORAGE,true",
    );
    expect(table.columns.map(({ name, type }) => `${name} ${type.name}(${type.modifiers})`)).to.deep.equal([
      "id int8()",
      "name varchar(20)",
      "v embedding(3)",
      "at timestamp(3)",
      "d numeric(10,2)",
      "o int4()",
      "u text()",
    ]);
    expect(table.columns.map(({ notNull }) => notNull)).to.deep.equal([false, true, false, false, false, false, false]);
    expect(table.columns[0]).to.include({ primaryKey: true, generated: false });
    expect(JSON.stringify(table.columns[0]?.defaultExpression)).to.include("snowflake_id");
  });

  it("read what MySQL and the existing server write", () => {
    const table = createTable(
      "CREATE TABLE `t` (`id` INT(11) UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'key; ', b BIGINT AUTO INCREMENT, " +
        "c bigserial, d int GENERATED ALWAYS AS IDENTITY, e bigint IDENTITY, auto_increment int, `unsigned` text CHARACTER SET utf8, " +
        "f TINYINT(1), PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    );
    expect(table.columns.map(({ name, generated }) => (generated ? `${name}*` : name)).join(" ")).to.equal(
      "id* b* c* d* e* auto_increment unsigned f",
    );
    expect(table.columns.filter(({ type }) => type.unsigned).map(({ name }) => name)).to.deep.equal(["id"]);
    expect(table.columns[7]?.type).to.deep.include({ name: "tinyint", modifiers: [1] });
    expect(createTable("CREATE TABLE user (shared int)".replace("user", "t")).tableKind).to.equal(undefined);
    expect(createTable("CREATE SHARED TABLE shared (stream int)")).to.deep.include({ tableKind: "shared" });
  });

  it("place columns and types", () => {
    const text = "CREATE USER TABLE t (é int AUTO_INCREMENT, b strange(1))";
    const [first, second] = createTable(text).columns;
    expect(first?.position).to.equal(text.indexOf("é"));
    expect(second?.type.position).to.equal(text.indexOf("strange"));
  });

  it("refuse an option given twice", () => {
    expect(errorOf("CREATE TABLE t (a int) WITH (TYPE='USER', type='SHARED')").message).to.equal(
      'Invalid operation: parameter "type" specified more than once',
    );
  });

  it("ALTER TABLE", () => {
    expect(
      actions("ALTER TABLE a.t ADD COLUMN IF NOT EXISTS c INT UNSIGNED NOT NULL DEFAULT 5")[0],
    ).to.deep.nested.include({
      kind: "add_column",
      ifNotExists: true,
      "column.name": "c",
      "column.notNull": true,
      "column.type.unsigned": true,
    });
    const modified = actions("ALTER SHARED TABLE t MODIFY COLUMN c BIGINT(20) NULL, MODIFY d text, ADD modify int");
    expect(modified.map((a) => "column" in a && typeof a.column === "object" && [a.kind, a.column.name])).to.deep.equal(
      [
        ["modify_column", "c"],
        ["modify_column", "d"],
        ["add_column", "modify"],
      ],
    );
    expect(modified.map((a) => a.kind === "modify_column" && a.nullable)).to.deep.equal([true, undefined, false]);
    expect(actions("ALTER TABLE t DROP COLUMN IF EXISTS c")).to.deep.equal([
      { kind: "drop_column", column: "c", ifExists: true, position: 36 },
    ]);
    expect(actions("ALTER TABLE t RENAME COLUMN a TO b")).to.deep.equal([
      { kind: "rename_column", from: "a", to: "b", position: 28 },
    ]);
    expect(actions("ALTER TABLE t RENAME a TO b")[0]).to.include({ kind: "rename_column" });
    expect(actions("ALTER TABLE t RENAME TO u")).to.deep.equal([{ kind: "rename_table", to: "u" }]);
    expect(
      actions("ALTER TABLE t ALTER c SET NOT NULL, ALTER COLUMN c DROP NOT NULL, ALTER c DROP DEFAULT").map(
        ({ kind }) => kind,
      ),
    ).to.deep.equal(["set_not_null", "drop_not_null", "drop_default"]);
    expect(actions("ALTER TABLE t ALTER c TYPE varchar(5)")[0]).to.deep.nested.include({
      kind: "set_type",
      "type.modifiers": [5],
    });
    for (const set of [
      "SET ACCESS LEVEL PUBLIC",
      "SET TBLPROPERTIES (ACCESS_LEVEL='public')",
      "SET (access_level = public)",
    ]) {
      const [action] = actions(`ALTER TABLE t ${set}`);
      expect(action?.kind === "set_options" && action.options, set).to.deep.equal(
        new Map([["ACCESS_LEVEL", "public"]]),
      );
    }
    expect(statementOf("ALTER TABLE IF EXISTS t DROP c")).to.include({ ifExists: true });
  });

  it("DROP TABLE", () => {
    expect(statementOf("DROP USER TABLE IF EXISTS a.t, u CASCADE")).to.deep.equal({
      kind: "drop_table",
      ifExists: true,
      tables: [
        { namespace: "a", name: "t", position: 26 },
        { namespace: undefined, name: "u", position: 31 },
      ],
    });
  });
});

describe("storage statements", () => {
  before(loadSqlParser);

  it("CREATE, ALTER and DROP STORAGE", () => {
    const create = statementOf(
      `CREATE STORAGE IF NOT EXISTS My-archive_2 TYPE filesystem NAME 'It''s cold' DESCRIPTION 'two  blanks'
       BASE_DIRECTORY '/srv/cold' SHARED_TABLES_TEMPLATE '{namespace}/{tableName}' CONFIG '{"a": 1}'`,
    );
    expect(create).to.deep.include({
      kind: "create_storage",
      storage: "My-archive_2",
      position: 29,
      ifNotExists: true,
      type: "filesystem",
    });
    expect([...(create as CreateStorage).settings]).to.deep.equal([
      ["name", "It's cold"],
      ["description", "two  blanks"],
      ["location", "/srv/cold"],
      ["sharedTablesTemplate", "{namespace}/{tableName}"],
      ["config", '{"a": 1}'],
    ]);
    for (const id of ["x", "'x'", '"x"']) {
      expect(statementOf(`create storage ${id} type 's3' bucket 'b' region 'r'`), id).to.include({
        storage: "x",
        type: "s3",
      });
    }
    const alter = statementOf("ALTER STORAGE local SET NAME 'a', SET DESCRIPTION 'b' USER_TABLES_TEMPLATE 'c'");
    expect([...(alter as CreateStorage).settings.keys()]).to.deep.equal(["name", "description", "userTablesTemplate"]);
    const drop = statementOf("DROP STORAGE IF EXISTS s-1");
    expect(drop).to.deep.equal({ kind: "drop_storage", storage: "s-1", position: 23, ifExists: true });
  });

  it("STORAGE CHECK, FLUSH and COMPACT", () => {
    const table = { type: "table", table: { namespace: "a", name: "t", position: 20 } };
    const cases: [string, object][] = [
      ["STORAGE CHECK s-1", { kind: "storage_check", storage: "s-1", position: 14, extended: false }],
      ["STORAGE CHECK 's' EXTENDED", { kind: "storage_check", storage: "s", position: 14, extended: true }],
      ["STORAGE FLUSH TABLE a.t", { kind: "storage_flush", target: table }],
      ["STORAGE FLUSH ALL", { kind: "storage_flush", target: { type: "all", namespace: undefined } }],
      ["STORAGE FLUSH ALL IN a", { kind: "storage_flush", target: { type: "all", namespace: "a" } }],
      ["STORAGE COMPACT ALL IN NAMESPACE a", { kind: "storage_compact", target: { type: "all", namespace: "a" } }],
      ["STORAGE FLUSH ALL IN namespace", { kind: "storage_flush", target: { type: "all", namespace: "namespace" } }],
      ["SHOW MANIFEST", { kind: "show", subject: { type: "manifest" } }],
      [
        "ALTER USER u SET STORAGE_MODE region",
        { kind: "alter_user", user: "u", change: { type: "storage_mode", mode: "region" } },
      ],
      [
        "ALTER USER u SET STORAGE_ID 'My-s'",
        { kind: "alter_user", user: "u", change: { type: "storage_id", storageId: "My-s" } },
      ],
      [
        "ALTER USER u SET STORAGE_ID NULL",
        { kind: "alter_user", user: "u", change: { type: "storage_id", storageId: null } },
      ],
    ];
    for (const [sql, expected] of cases) expect(statementOf(sql), sql).to.deep.equal(expected);
  });
});

describe("EXECUTE AS USER", () => {
  before(loadSqlParser);

  it("wraps one statement, which shares templates and takes parameters", () => {
    const parser = newParser();
    const text = "SELECT 1; EXECUTE AS USER 'Al''ice' ( INSERT INTO t VALUES (1, 'x');) ; SELECT 2";
    const [, parsed] = parser.parse(text);
    const { user, inner } = (parsed as ParsedStatement).template.statement as ExecuteAsStatement;
    expect(user).to.equal("Al'ice");
    expect(inner.text).to.equal("INSERT INTO t VALUES (1, 'x')");
    expect(text.slice(inner.offset).startsWith(inner.text)).to.equal(true);
    expect(inner.template).to.equal(only(parser, "INSERT INTO t VALUES (2, 'y'), (3, 'z')").template);
    expect(only(parser, "execute as user bob(SELECT $1, $2)").template).to.deep.include({ parameterCount: 2 });
    expect(only(parser, "EXECUTE AS USER Bob-1 (SELECT ')')").template.statement).to.include({ user: "Bob-1" });
  });

  it("has a short form for INSERT", () => {
    const text = `INSERT INTO "a b".t AS USER 'u''1' (x) VALUES (1)`;
    const { user, inner } = statementOf(text) as ExecuteAsStatement;
    expect(user).to.equal("u'1");
    expect(inner.text).to.have.length(text.length);
    expect(inner.literals).to.have.length(1);
    expect(statementOf("INSERT INTO t AS usr VALUES ('as user ''x''')")).to.include({ kind: "insert" });
  });

  it("says what is wrong with the envelope", () => {
    const cases: [string, string][] = [
      ["EXECUTE AS USER 'x' SELECT 1", "EXECUTE AS USER must wrap SQL in parentheses"],
      ["EXECUTE AS USER 'x' (SELECT 1", "EXECUTE AS USER missing closing ')'"],
      ["EXECUTE AS USER 'x' ( /* ) */ )", "EXECUTE AS USER requires a non-empty inner SQL statement"],
      ["EXECUTE AS USER '' (SELECT 1)", "EXECUTE AS USER username cannot be empty"],
      ["EXECUTE AS USER (SELECT 1)", "EXECUTE AS USER username cannot be empty"],
      ["EXECUTE AS USER 'x' (SELECT 1) SELECT 2", "EXECUTE AS USER must contain exactly one wrapped SQL statement"],
      ["EXECUTE AS USER 'x' (SELECT 1; SELECT 2)", "EXECUTE AS USER can only wrap a single SQL statement"],
      ["EXECUTE AS USER 'x' (EXECUTE AS USER 'y' (SELECT 1))", "AS USER cannot stand inside of another AS USER"],
      ["EXECUTE AS USER 'x' (INSERT INTO t AS USER 'y' VALUES (1))", "AS USER cannot stand inside of another AS USER"],
      ["INSERT INTO t AS USER 'x' AS USER 'y' VALUES (1)", "AS USER cannot stand inside of another AS USER"],
      [`${"EXECUTE AS USER 'x' (".repeat(5000)}SELECT 1`, "AS USER cannot stand inside of another AS USER"],
    ];
    for (const [text, message] of cases) {
      const error = errorOf(text);
      expect([error.key, error.message], text).to.deep.equal(["execute_as_envelope", message]);
    }
  });

  it("places errors of the wrapped statement in the whole", () => {
    const text = "SELECT 1; EXECUTE AS USER 'x' (SELECT * FRM t)";
    const failure = failureOf(text);
    expect([failure.statement, failure.position]).to.deep.equal([2, text.indexOf("FRM t")]);
  });

  it("costs no time for a long name", () => {
    expect(errorOf(`INSERT INTO ${"a.".repeat(20_000)} x`).key).to.equal("syntax_error");
  });
});
