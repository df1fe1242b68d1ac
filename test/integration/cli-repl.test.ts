import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { KALAM } from "../support/kalam-process.ts";
import { Terminal } from "../support/terminal.ts";
import { WireServer, wire } from "../support/wire-server.ts";

describe("kalam in a terminal", () => {
  let server: WireServer;
  let folder: string;
  let terminal: Terminal;

  before(async () => {
    server = await WireServer.start();
    server.answer = ({ sql }) => {
      if (/^use/i.test(sql)) return wire.message("Namespace switched to 'chat'");
      if (/nothing/.test(sql))
        return wire.error("Statement 1 failed: no such table", { position: { offset: 14 }, sqlstate: "42P01" });
      if (/sleep/.test(sql)) return undefined;
      if (/^describe/i.test(sql)) return wire.rows([["column_name", "Text"]], [["body"]]);
      if (/information_schema\.columns/.test(sql)) {
        const fields = ["table_schema", "table_name", "column_name"].map((name): [string, string] => [name, "Text"]);
        return wire.rows(fields, [["chat", "messages", "body"]]);
      }
      return wire.rows([["body", "Text"]], [["hello"], [null]]);
    };
    folder = await mkdtemp(join(tmpdir(), "kalam-repl-"));
    terminal = await Terminal.open([process.execPath, KALAM, "-p", String(server.port)], {
      KALAM_PASSWORD: "secret",
      KALAM_HISTORY: join(folder, "history"),
      KALAMDB_CREDENTIALS_PATH: join(folder, "credentials.toml"),
      NO_COLOR: "1",
    });
    await terminal.shows(/connected to .* as root[\s\S]*kalam=>/);
  });

  after(async () => {
    await terminal.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("runs a statement over several lines, and shows in the prompt what is open", async () => {
    await terminal.enter("select 'a;");
    await terminal.shows(/kalam'>$/m);
    await terminal.enter("b' from (");
    await terminal.shows(/kalam\(>$/m);
    await terminal.enter("x)");
    await terminal.shows(/kalam->$/m);
    await terminal.enter(";");
    await terminal.shows(/│ hello │\n│ NULL {2}│\n└─+┘\n\(2 rows\)\n\nTook: 1\.234 ms\n\nkalam=>/);
    expect(server.requests.at(-1)?.sql).to.equal("select 'a;\nb' from (\nx)");
  });

  it("remembers the namespace and sends it along", async () => {
    await terminal.enter("use chat;");
    await terminal.shows(/chat=>/);
    await terminal.enter("select 2;");
    await terminal.shows(/select 2;[\s\S]*chat=>/);
    expect(server.requests.at(-1)).to.deep.equal({ sql: "select 2", namespace_id: "chat" });
  });

  it("goes on after an error", async () => {
    await terminal.enter("select * from nothing;");
    await terminal.shows(/ERROR 42P01: no such table\nLINE 1: select \* from nothing\n {22}\^\nchat=>/);
  });

  it("collects a transaction and sends it as one request", async () => {
    await terminal.enter("begin;");
    await terminal.shows(/chat=\*>/);
    await terminal.enter("insert a; commit;");
    await terminal.shows(/commit;[\s\S]*chat=>$/m);
    expect(server.requests.at(-1)?.sql).to.equal("begin;\ninsert a;\ncommit");
  });

  it("cancels what runs, and drops what was typed", async () => {
    await terminal.enter("select sleep;");
    await terminal.shows(/s {2}\(Ctrl-C cancels\)/);
    await terminal.press("C-c");
    await terminal.shows(/Cancelled\nchat=>/);
    await terminal.type("select (unfinished");
    await terminal.press("C-c");
    await terminal.shows(/\^C\nchat=>$/m);
  });

  it("completes names from the server", async () => {
    // Keys that arrive in one piece count as pasted, and a pasted tab completes nothing.
    await terminal.type("SELECT * FROM mes");
    await terminal.shows(/FROM mes$/m);
    await terminal.press("Tab");
    await terminal.shows(/FROM messages/);
    await terminal.type(" WHERE bod");
    await terminal.shows(/WHERE bod$/m);
    await terminal.press("Tab");
    await terminal.shows(/WHERE body/);
    await terminal.press("C-c");
  });

  it("has meta commands", async () => {
    await terminal.enter("\\x on");
    await terminal.shows(/Expanded display is on/);
    await terminal.enter("\\d messages");
    await terminal.shows(/─\[ RECORD 1 \]/);
    expect(server.requests.at(-1)?.sql).to.equal("DESCRIBE TABLE messages");
    await terminal.enter("\\nonsense");
    await terminal.shows(/Unknown command: \\nonsense/);
    await terminal.enter("\\?");
    await terminal.shows(/\\dt \[namespace\] {2,}list tables/);
    await terminal.enter("\\x auto");
    await terminal.shows(/Expanded display is auto/);
  });

  it("has them in the middle of a statement too", async () => {
    await terminal.enter("select 7");
    await terminal.enter("\\conninfo");
    await terminal.shows(/Connected to .*\nchat->$/m);
    await terminal.enter("\\gx");
    await terminal.shows(/gx\n─\[ RECORD 1 \]─+\nbody │ hello[\s\S]*chat=>$/m);
    expect(server.requests.at(-1)?.sql).to.equal("select 7");
    await terminal.enter("select (8");
    await terminal.enter("\\r");
    await terminal.shows(/Query buffer reset \(cleared\)\.\nchat=>$/m);
    await terminal.press("Up");
    await terminal.press("Up");
    await terminal.shows(/chat=> select 7$/m);
    await terminal.press("C-c");
  });

  it("knows help, quit and exit, and hints where they are text", async () => {
    await terminal.enter("help");
    await terminal.shows(/\\q to leave\nchat=>$/m);
    await terminal.enter("select");
    await terminal.enter("quit;");
    await terminal.shows(/Use \\q to quit\.\n[\s\S]*chat=>$/m);
    expect(server.requests.at(-1)?.sql).to.equal("select\nquit");
    await terminal.enter("select 'it");
    await terminal.enter("\\q");
    await terminal.shows(/Use Ctrl-D to leave.*\nchat'>$/m);
    await terminal.press("C-c");
    await terminal.shows(/\^C\nchat=>$/m);
  });

  it("gives a statement of several lines back as one, and keeps it for the next session", async () => {
    await terminal.enter("select 1,");
    await terminal.enter("2;");
    await terminal.shows(/chat-> 2;[\s\S]*chat=>/);
    await terminal.enter("alter user a set password 'x';");
    await terminal.shows(/password 'x';[\s\S]*chat=>/);
    await terminal.press("Up");
    await terminal.shows(/chat=> select 1,\n2;$/m);
    await terminal.press("Enter");
    await terminal.shows(/chat=> select 1,\n2;\n/);
    await terminal.press("C-d");
    await terminal.shows(/\[exit 0\]/);
    const kept = await readFile(join(folder, "history"), "utf8");
    expect(kept).to.include("select 'a;\n\tb' from (\n\tx)\n\t;\n").and.include("select 1,\n\t2;\n");
    expect(kept).to.not.include("password");
  });
});
