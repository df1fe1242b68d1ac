import { join } from "node:path";
import { expect } from "chai";
import { KALAM, type KalamOptions, kalam } from "../support/kalam-process.ts";
import { type RestartableServer, ROOT_PASSWORD, withRestartableServer } from "../support/restartable-server.ts";
import { Terminal } from "../support/terminal.ts";
import { until } from "../support/until.ts";

interface Line {
  readonly type: string;
  readonly row?: Record<string, unknown>;
  readonly old?: Record<string, unknown>;
  readonly seq?: string;
}

const linesOf = (text: string) => text.split("\n").slice(0, -1);
const read = (text: string) => linesOf(text).map((line) => JSON.parse(line) as Line);

describe("kalam subscribe", () => {
  const environmentOf = (server: RestartableServer) => ({
    KALAM_USER: "root",
    KALAM_PASSWORD: ROOT_PASSWORD,
    KALAM_URL: server.url,
    KALAMDB_CREDENTIALS_PATH: join(server.folder, "credentials.toml"),
    NO_COLOR: "1",
  });
  const run = (server: RestartableServer, args: readonly string[], options: KalamOptions = {}) =>
    kalam(["subscribe", ...args], { ...options, env: environmentOf(server) });
  const makeTable = (server: RestartableServer) =>
    server.root().query(`CREATE NAMESPACE app;
      CREATE USER TABLE app.notes (id INT PRIMARY KEY, body TEXT, at TIMESTAMP);
      INSERT INTO app.notes VALUES (1, 'one', '2026-01-31 12:00:00'), (2, NULL, NULL), (3, 'three', NULL)`);

  it("writes JSON lines where nobody looks, from where it is told, and ends when there were enough", async () => {
    await withRestartableServer(async (server) => {
      await makeTable(server);
      const all = await run(server, ["SELECT * FROM app.notes", "--count", "3", "--batch", "2"]);
      expect(all.stderr).to.equal("");
      expect(all.code).to.equal(0);
      const lines = read(all.stdout);
      expect(lines.map(({ type, row }) => `${type} ${row?.id}`)).to.deep.equal(["row 1", "row 2", "row 3"]);
      expect(lines[1]?.row?.body).to.equal(null);
      const last = await run(server, ["SELECT id FROM app.notes", "--last", "1", "--count", "1"]);
      expect(read(last.stdout)[0]?.row?.id).to.equal(3);
      const behind = await run(server, ["SELECT id FROM app.notes", "--from", lines[1]?.seq ?? "", "--count", "1"]);
      expect(read(behind.stdout)[0]?.row?.id).to.equal(3);
      const text = await run(server, ["SELECT * FROM app.notes", "--no-json", "--count", "2"]);
      expect(linesOf(text.stdout)).to.deep.equal([
        '  id=1 body=one at="2026-01-31 12:00:00"',
        "  id=2 body=NULL at=NULL",
      ]);
    });
  });

  it("shows people what came, changed and went, and ends by Ctrl-C without a complaint", async () => {
    await withRestartableServer(async (server) => {
      await makeTable(server);
      let output = "";
      let interrupt = () => undefined as unknown;
      const ended = run(server, ["SELECT id, body FROM app.notes WHERE id > 2", "--no-json"], {
        onStart: (stop) => {
          interrupt = stop;
        },
        onOutput: (text) => {
          output = text;
        },
      });
      await until(() => output.includes("-- live"));
      await server.root().query("INSERT INTO app.notes VALUES (4, 'a line\nand \u001b[31m more', NULL)");
      await server.root().query("UPDATE app.notes SET body = 'four' WHERE id = 4");
      await server.root().query("DELETE FROM app.notes WHERE id = 3");
      await until(() => output.includes("- id=3"));
      interrupt();
      const { code, stdout, stderr } = await ended;
      expect(stderr).to.equal("");
      expect(code).to.equal(0);
      expect(linesOf(stdout)).to.deep.equal([
        "  id=3 body=three",
        "-- live",
        '+ id=4 body="a line\\nand \\x1b[31m more"',
        '~ id=4 body="a line\\nand \\x1b[31m more" → four',
        "- id=3 body=three",
      ]);
    });
  });

  it("survives a restart of the server and misses nothing of what happened around it", async () => {
    await withRestartableServer(async (server) => {
      await makeTable(server);
      let output = "";
      const ended = run(server, ["SELECT * FROM app.notes", "--count", "6"], {
        onOutput: (text) => {
          output = text;
        },
      });
      await until(() => output.includes('"ready"'));
      server.proxy.refuses = true;
      server.proxy.cut();
      await server.root().query("DELETE FROM app.notes WHERE id = 1");
      await server.root().query("INSERT INTO app.notes (id) VALUES (7)");
      await server.restart();
      server.proxy.refuses = false;
      await until(() => output.split('"ready"').length === 3);
      await server.root().query("INSERT INTO app.notes (id) VALUES (8)");
      const { code, stdout, stderr } = await ended;
      expect(code).to.equal(0);
      expect(stderr).to.match(/^The connection was lost \(.*\); trying again\n$/);
      expect(read(stdout).map(({ type, row, old }) => `${type} ${row?.id ?? old?.id ?? ""}`.trim())).to.deep.equal([
        "row 1",
        "row 2",
        "row 3",
        "ready",
        "delete 1",
        "row 7",
        "ready",
        "insert 8",
      ]);
    });
  });

  it("ends with the status that says why", async () => {
    await withRestartableServer(async (server) => {
      const refused = await run(server, ["SELECT count(*) FROM app.nothing"]);
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.match(/^ERROR \w+: /);
      expect((await run(server, [])).code).to.equal(2);
      expect((await run(server, ["SELECT * FROM app.notes", "--from", "soon"])).code).to.equal(2);
      const strange = { ...environmentOf(server), KALAM_PASSWORD: "wrong" };
      expect((await kalam(["subscribe", "SELECT * FROM app.notes"], { env: strange })).code).to.equal(4);
      const nowhere = { ...environmentOf(server), KALAM_URL: "http://127.0.0.1:1" };
      expect((await kalam(["subscribe", "SELECT * FROM app.notes"], { env: nowhere })).code).to.equal(3);
    });
  });

  it("is \\live at the prompt, which Ctrl-C gives back", async () => {
    await withRestartableServer(async (server) => {
      await makeTable(server);
      const terminal = await Terminal.open([process.execPath, KALAM], {
        ...environmentOf(server),
        KALAM_HISTORY: join(server.folder, "history"),
      });
      try {
        await terminal.shows(/kalam=>/);
        await terminal.enter("\\live select id, body from app.notes where id > 1;");
        await terminal.shows(/Ctrl-C ends it\.\n {2}id=2 body=NULL\n {2}id=3 body=three\n-- live/);
        await server.root().query("INSERT INTO app.notes (id, body) VALUES (9, 'nine')");
        await terminal.shows(/\+ id=9 body=nine/);
        await terminal.press("C-c");
        await terminal.shows(/body=nine[\s\S]*kalam=>/);
        await terminal.enter("select 40 + 2 as answer;");
        await terminal.shows(/42/);
      } finally {
        await terminal.close();
      }
    });
  });
});
