import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { KALAM, kalam } from "../support/kalam-process.ts";
import { Terminal } from "../support/terminal.ts";

const SCHEMA = `
-- A chat application with an assistant; the comment's quote is no quote.
CREATE NAMESPACE chat;
USE chat;
CREATE USER TABLE conversations (id BIGINT PRIMARY KEY, title TEXT NOT NULL, created_at TIMESTAMP DEFAULT NOW());
CREATE USER TABLE messages (
  id BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(), /* ; */
  conversation_id BIGINT NOT NULL,
  author TEXT NOT NULL,
  body TEXT
);
CREATE STREAM TABLE typing (user_id TEXT PRIMARY KEY, at TIMESTAMP) WITH (TTL_SECONDS = 60);
CREATE USER 'alice' WITH PASSWORD 'alice-password-1' ROLE user;
CREATE USER 'bob' WITH PASSWORD 'bob-password-1' ROLE user;
CREATE USER 'agent' WITH PASSWORD 'agent-password-1' ROLE service;
`;

const TALK = `
BEGIN;
INSERT INTO conversations (id, title) VALUES (1, 'Trip; to Rome''s hills');
INSERT INTO messages (id, conversation_id, author, body) VALUES (1, 1, 'alice', 'Where to sleep?'), (2, 1, 'alice', NULL);
COMMIT;
INSERT INTO typing VALUES ('alice', NOW());
`;

describe("kalam with a real server", () => {
  let folder: string;
  let server: ChildProcess;
  let url = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "kalam-chat-"));
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KALAM")));
    server = spawn(process.execPath, [KALAM, "serve", "--port", "0", "--data-dir", join(folder, "data")], {
      cwd: folder,
      env: { ...inherited, KALAMDB_CREDENTIALS_PATH: join(folder, "credentials.toml") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    if (server.stdout === null) throw new Error("the server has no output");
    for await (const line of createInterface({ input: server.stdout })) {
      url = /^Listening on (\S+)/.exec(line)?.[1] ?? url;
      if (line.startsWith("Kept in ")) break;
    }
    if (url === "") throw new Error(`kalam serve did not start:\n${log}`);
    server.stdout.resume();
  });

  after(async () => {
    if (server.exitCode === null) {
      server.kill("SIGTERM");
      await once(server, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  });

  /** As whoever made the first start, unless a user is named. */
  const run = async (args: readonly string[], user?: string) => {
    const own: Record<string, string> = { KALAMDB_CREDENTIALS_PATH: join(folder, "credentials.toml") };
    if (user === undefined) return kalam(args, { env: own });
    return kalam(args, {
      env: { ...own, KALAM_USER: user, KALAM_PASSWORD: `${user}-password-1`, KALAM_NAMESPACE: "chat" },
    });
  };
  const script = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  it("comes in as root without a question and loads the schema", async () => {
    const { code, stdout, stderr } = await run(["--file", await script("schema.sql", SCHEMA), "--no-timing"]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout).to.match(/^Namespace 'chat' created successfully\nNamespace switched to 'chat'\n/);
    expect((await run(["status"])).stdout)
      .to.include("root (system)")
      .and.include(url);
  });

  it("lets a user write in a transaction and read back", async () => {
    const wrote = await run(["-q", "--file", await script("talk.sql", TALK)], "alice");
    expect(wrote).to.deep.equal({ code: 0, stdout: "", stderr: "" });
    const read = await run(
      ["--csv", "-c", "SELECT id, body FROM messages ORDER BY id; SELECT title FROM conversations"],
      "alice",
    );
    expect(read.stdout).to.equal("id,body\n1,Where to sleep?\n2,\ntitle\nTrip; to Rome's hills\n");
  });

  it("shows nobody another user's rows, and lets a service answer for them", async () => {
    const count = "SELECT count(*) AS n FROM messages";
    expect((await run(["--format", "ndjson", "-c", count], "bob")).stdout).to.equal('{"n":"0"}\n');
    const answer =
      "EXECUTE AS USER 'alice' (INSERT INTO messages (id, conversation_id, author, body) VALUES (3, 1, 'agent', 'In a tent; why not?'))";
    const answered = await run(["--no-timing", "-c", answer], "agent");
    expect(answered.stdout, answered.stderr).to.equal("Inserted 1 row(s)\n\nAs: alice\n");
    expect((await run(["--format", "ndjson", "-c", count], "alice")).stdout).to.equal('{"n":"3"}\n');
    const refused = await run(["-c", "EXECUTE AS USER 'alice' (SELECT 1)"], "bob");
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.match(/^ERROR 42501: /);
  });

  it("names the line of a mistake in a transaction, and nothing of it stays", async () => {
    const path = await script(
      "bad.sql",
      "SELECT 1;\nBEGIN;\nINSERT INTO conversations (id, title) VALUES (2, 'x');\n\nINSERT INTO\n  nowhere VALUES (1);\nCOMMIT;\n",
    );
    const { code, stderr } = await run(["-q", "--file", path], "alice");
    expect(code).to.equal(1);
    expect(stderr).to.match(/bad\.sql:6: ERROR 42P01: .*\nLINE 2: {3}nowhere VALUES \(1\)\n {10}\^\nHINT: /);
    expect((await run(["--csv", "-c", "SELECT count(*) AS n FROM conversations"], "alice")).stdout).to.equal("n\n1\n");
  });

  it("describes a table and lists tables, for an ordinary user too", async () => {
    expect((await run(["describe", "messages", "--csv", "-n", "chat"], "bob")).stdout).to.match(
      /^column_name,data_type,is_nullable,is_primary_key,column_default\nid,BIGINT,false,true,/,
    );
    expect((await run(["--csv", "-c", "\\dt"], "bob")).stdout).to.include("chat,messages,");
  });

  it("lists and describes views as tables", async () => {
    const made = await run([
      "-q",
      "-c",
      "CREATE VIEW chat.bodies AS SELECT id, body, now() AS read_at FROM chat.messages",
      "-c",
      "CREATE VIEW chat.ones AS SELECT 1 AS one",
    ]);
    expect(made).to.deep.equal({ code: 0, stdout: "", stderr: "" });
    for (const user of [undefined, "bob"]) {
      expect((await run(["--csv", "-c", "\\dv chat.*"], user)).stdout).to.equal(
        "namespace,name,type\nchat,bodies,view\nchat,ones,view\n",
      );
      expect((await run(["--csv", "-c", "\\dt"], user)).stdout).not.to.include("bodies");
      expect((await run(["--csv", "-c", "\\d"], user)).stdout)
        .to.include("chat,bodies,view\n")
        .and.include("chat,messages,");
      expect((await run(["--csv", "-c", "\\d chat.bodies"], user)).stdout).to.equal(
        "column_name,data_type,is_nullable,is_primary_key,column_default\nid,BIGINT,true,false,\nbody,TEXT,true,false,\nread_at,TIMESTAMPTZ,true,false,\n",
      );
    }
    expect((await run(["--csv", "-n", "chat", "-c", "\\d+ ones"])).stdout).to.include("SELECT 1 AS one");
    expect((await run(["--csv", "-c", "\\d+ chat.messages"])).stdout)
      .to.include("ordinal_position")
      .and.include("CREATE USER TABLE chat.messages");
  });

  it("shows wide results with one line per column in a terminal, and leaves at exit", async () => {
    const terminal = await Terminal.open([process.execPath, KALAM], {
      HOME: folder,
      KALAMDB_CREDENTIALS_PATH: join(folder, "credentials.toml"),
      KALAM_HISTORY: join(folder, "history"),
      KALAM_NAMESPACE: "chat",
    });
    try {
      await terminal.shows(/as root[\s\S]*chat=>$/m);
      await terminal.enter("SHOW TABLES IN chat;");
      await terminal.shows(/─\[ RECORD 1 \]─+\ntable_id +│ chat:/);
      await terminal.enter("\\d");
      await terminal.shows(/│ chat +│ bodies +│ view +│/);
      // What shows that one has to wait makes room for the result.
      await terminal.enter("SELECT count(*) AS pairs FROM generate_series(1, 40000) a, generate_series(1, 60000) b;");
      await terminal.shows(/b;\n┌─+┐\n│ pairs/);
      await terminal.type("SELECT * FROM bod");
      await terminal.shows(/FROM bod$/m);
      await terminal.press("Tab");
      await terminal.shows(/FROM bodies/);
      await terminal.press("C-c");
      await terminal.enter("exit");
      await terminal.shows(/chat=> exit\n\[exit 0\]/);
    } finally {
      await terminal.close();
    }
  });

  it("lists users for those who may know them", async () => {
    expect((await run(["--csv", "-c", "\\du"])).stdout).to.match(/^user,role,[\s\S]*\nalice,user,/);
    expect((await run(["-c", "\\du"], "bob")).code).to.equal(1);
  });

  it("shows arrays and times with a zone as PostgreSQL does", async () => {
    const sql = "SELECT ARRAY['a b', 'c', NULL] AS list, TIMESTAMPTZ '2026-01-01 12:00:00+02' AS at";
    expect((await run(["--csv", "-c", sql])).stdout).to.equal('list,at\n"{""a b"",c,NULL}",2026-01-01 10:00:00+00\n');
  });

  it("runs a transaction over several -c", async () => {
    const { stdout } = await run(["-q", "--csv", "-c", "BEGIN", "-c", "SELECT 1 AS a", "-c", "COMMIT"]);
    expect(stdout).to.equal("a\n1\n");
  });

  it("keeps root's password when somebody else logs in", async () => {
    const login = await run(["login", url], "bob");
    expect(login.code, login.stderr).to.equal(0);
    expect(login.stdout + login.stderr).to.include("profile 'bob'");
    expect((await run(["--csv", "-c", "SELECT current_user"])).stdout).to.equal("current_user\nroot\n");
    expect((await run(["--csv", "--profile", "bob", "-c", "SELECT current_user"])).stdout).to.equal(
      "current_user\nbob\n",
    );
  });
});
