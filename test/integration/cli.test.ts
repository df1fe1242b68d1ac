import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type KalamOptions, kalam } from "../support/kalam-process.ts";
import { WireServer, wire } from "../support/wire-server.ts";

describe("kalam", () => {
  let server: WireServer;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "kalam-cli-"));
    server = await WireServer.start();
  });
  beforeEach(() => {
    server.requests.length = 0;
    server.answer = ({ sql }) => {
      const place = sql.indexOf("nothing");
      if (place !== -1) {
        const position = { offset: place, line: 1, column: place + 1 };
        return wire.error("Statement 1 failed: no such table", { sqlstate: "42P01", hint: "Look again.", position });
      }
      if (/^insert/i.test(sql)) return wire.message("Inserted 1 row(s)", 1);
      return wire.rows(
        [
          ["id", "BigInt"],
          ["at", "Timestamp"],
        ],
        [
          ["9007199254740993", 0],
          ["2", null],
        ],
      );
    };
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], options: KalamOptions = {}) =>
    kalam([...args], {
      ...options,
      env: {
        KALAM_PASSWORD: "secret",
        KALAM_URL: server.url,
        KALAMDB_CREDENTIALS_PATH: join(folder, "credentials.toml"),
        ...options.env,
      },
    });
  const script = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const sent = () => server.requests.map(({ sql }) => sql);

  it("says its version without a server", async () => {
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    const { code, stdout } = await run(["--version"]);
    expect(code).to.equal(0);
    expect(stdout.split("\n")[0]).to.equal(`kalam ${version}`);
  });

  it("prints a table to standard output", async () => {
    const { code, stdout, stderr } = await run(["-c", "SELECT 1"]);
    expect(stdout).to.equal(
      [
        "┌──────────────────┬─────────────────────┐",
        "│ id               │ at                  │",
        "├──────────────────┼─────────────────────┤",
        "│ 9007199254740993 │ 1970-01-01 00:00:00 │",
        "│                2 │ NULL                │",
        "└──────────────────┴─────────────────────┘",
        "(2 rows)",
        "",
        "Took: 1.234 ms",
        "",
      ].join("\n"),
    );
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
  });

  it("runs -c and -f in order, and splits at the right semicolons", async () => {
    const path = await script(
      "tricky.sql",
      "-- it's; a comment\nSELECT ';' /* ; */, $x$;'$x$; \n\nBEGIN; INSERT a;\nCOMMIT; SELECT 9",
    );
    const { code, stdout } = await run(["-c", "SELECT 'first;'", "--file", path, "-c", "INSERT last", "--csv"]);
    expect(sent()).to.deep.equal([
      "SELECT 'first;'",
      "SELECT ';' /* ; */, $x$;'$x$",
      "BEGIN;\nINSERT a;\nCOMMIT",
      "SELECT 9",
      "INSERT last",
    ]);
    expect(code).to.equal(0);
    expect(stdout.split("\n").slice(0, 3)).to.deep.equal(["id,at", "9007199254740993,1970-01-01 00:00:00", "2,"]);
  });

  it("reads a script from standard input, with or without being told", async () => {
    for (const args of [[], ["-"], ["-f", "-"], ["sql", "-q", "--format", "ndjson"]]) {
      server.requests.length = 0;
      const { code } = await run(args, { input: "SELECT 1;\nSELECT 2" });
      expect({ code, sent: sent() }).to.deep.equal({ code: 0, sent: ["SELECT 1", "SELECT 2"] });
    }
  });

  it("stops at the first error and names its line", async () => {
    const path = await script("bad.sql", "INSERT 1;\n\n/* c */ SELECT *\n  FROM nothing;\nINSERT 2;\n");
    const { code, stdout, stderr } = await run(["-f", path, "--no-timing"]);
    expect(stderr).to.equal(
      `${path}:4: ERROR 42P01: no such table\nLINE 2:   FROM nothing\n               ^\nHINT: Look again.\n`,
    );
    expect(stdout).to.equal("Inserted 1 row(s)\n");
    expect(code).to.equal(1);
    expect(sent()).to.have.length(2);
  });

  it("goes on when told, and still reports the failure", async () => {
    const { code, stderr } = await run([
      "--continue-on-error",
      "-q",
      "-c",
      "SELECT * FROM nothing; INSERT 2",
      "-c",
      "INSERT 3",
    ]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^ERROR 42P01/);
    expect(sent().slice(1)).to.deep.equal(["INSERT 2", "INSERT 3"]);
  });

  it("is one session: a transaction may span -c, -f and \\i, and errors name its file", async () => {
    const middle = await script("middle.sql", "INSERT a;\nINSERT nothing;\n");
    const outer = await script("outer.sql", `INSERT first;\n\\i ${middle}\n`);
    const { code, stderr } = await run(["-c", "BEGIN", "-f", outer, "-c", "COMMIT"]);
    expect(sent()).to.deep.equal(["BEGIN;\nINSERT first;\nINSERT a;\nINSERT nothing;\nCOMMIT"]);
    expect(stderr).to.match(new RegExp(`^${middle}:2: ERROR 42P01`));
    expect(code).to.equal(1);
    server.requests.length = 0;
    await run(["-c", "BEGIN", "-c", "INSERT left open"]);
    expect(sent()).to.deep.equal(["BEGIN;\nINSERT left open"]);
  });

  it("ends statements at \\g, and runs the last one again", async () => {
    const { stdout } = await run(["-q", "--no-timing"], {
      input: "SELECT 1 \\gx\nINSERT 2\n\\g\n\\g\nSELECT (\n\\r\n",
    });
    expect(sent()).to.deep.equal(["SELECT 1", "INSERT 2", "INSERT 2"]);
    expect(stdout).to.match(/^─\[ RECORD 1 \]/);
  });

  it("remembers the namespace over statements", async () => {
    server.answer = ({ sql }) =>
      /^use/i.test(sql) ? wire.message("Namespace switched to 'chat'") : wire.message("ok");
    await run(["-n", "app", "-q", "-c", "SELECT 1; USE chat; SELECT 2"]);
    expect(server.requests.map(({ namespace_id }) => namespace_id)).to.deep.equal(["app", "app", "chat"]);
  });

  it("prints JSON documents", async () => {
    const { stdout } = await run(["--json", "-c", "SELECT 1"]);
    expect(JSON.parse(stdout).results[0].rows[0]).to.deep.equal(["9007199254740993", 0]);
  });

  it("runs meta commands too", async () => {
    const { code } = await run(["-n", "chat", "-c", "\\d messages"]);
    expect({ code, sent: sent() }).to.deep.equal({ code: 0, sent: ["DESCRIBE TABLE messages"] });
    expect(server.requests[0]?.namespace_id).to.equal("chat");
    expect((await run(["describe", "chat.messages"])).code).to.equal(0);
    const unknown = await run(["-c", "\\copy messages"]);
    expect(unknown.code).to.equal(2);
    expect(unknown.stderr).to.match(/^Unknown command: \\copy\. .*\nHINT: Load with INSERT/);
  });

  it("streams a large result", async () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => [String(index), index]);
    server.answer = () =>
      wire.rows(
        [
          ["id", "BigInt"],
          ["at", "Timestamp"],
        ],
        rows,
      );
    const { code, stdout, stderr } = await run(["--csv", "-c", "SELECT 1"]);
    expect(stdout.split("\n")).to.have.length(100_002);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
  });

  it("stops quietly when its reader has seen enough", async () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => [String(index), index]);
    server.answer = () =>
      wire.rows(
        [
          ["id", "BigInt"],
          ["at", "Int"],
        ],
        rows,
      );
    const { code, stdout, stderr } = await run(["--csv", "-c", "SELECT 1"], { readOnly: 100 });
    expect(stdout).to.match(/^id,at\n0,0\n/);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
  });

  it("ends with 2 when it is called wrongly", async () => {
    const calls = [
      ["--nonsense"],
      ["slq"],
      ["-f", join(folder, "missing.sql")],
      ["--json", "--csv", "-c", "x"],
      ["--url", "ftp://x", "-c", "x"],
    ];
    for (const { code, stderr } of await Promise.all(calls.map((args) => run(args)))) {
      expect(code, stderr).to.equal(2);
      expect(stderr).to.not.equal("");
    }
    expect((await run(["slq"])).stderr).to.include("Did you mean 'kalam sql'?");
    for (const [flag, advice] of [
      ["-d", "-n NAME"],
      ["-l", "kalam -c '\\l'"],
    ] as const) {
      const { code, stderr } = await run([flag]);
      expect(stderr).to.include(`Nonexistent flag: ${flag}`).and.include(`HINT: `).and.include(advice);
      expect(code).to.equal(2);
    }
  });

  it("ends with 3 and one line when there is no server", async () => {
    const gone = await WireServer.start();
    await gone.stop();
    const { code, stdout, stderr } = await run(["-u", gone.url, "-c", "SELECT 1; SELECT 2"]);
    expect({ code, stdout }).to.deep.equal({ code: 3, stdout: "" });
    expect(stderr).to.equal(
      `Cannot reach ${gone.url}: connection refused (is the server running? kalam serve starts one)\n`,
    );
    const env = { KALAM_PASSWORD: "", KALAM_URL: gone.url };
    for (const args of [["-c", "SELECT 1"], ["status"], ["login", "-U", "ann"]]) {
      const without = await run(args, { env });
      expect(without.code, args.join(" ")).to.equal(3);
      expect(without.stderr).to.include("Cannot reach").and.not.include("credentials");
    }
  });

  it("ends with 4 when it may not come in", async () => {
    const wrong = await run(["-c", "SELECT 1"], { env: { KALAM_PASSWORD: "wrong" } });
    expect(wrong.code).to.equal(4);
    expect(wrong.stderr).to.include("Invalid credentials").and.not.include("wrong");
    const nothing = await run(["-c", "SELECT 1"], { env: { KALAM_PASSWORD: "" } });
    expect(nothing.code).to.equal(4);
    expect(nothing.stderr).to.include("There are no credentials");
    const status = await run(["status"], { env: { KALAM_PASSWORD: "" } });
    expect(status.code).to.equal(4);
    expect(status.stdout).to.include("healthy").and.include("(not logged in)");
    expect(status.stderr).to.include("There are no credentials");
  });

  it("ends with 130 when it is interrupted", async () => {
    let interrupt: (() => void) | undefined;
    server.answer = () => {
      interrupt?.();
      return undefined;
    };
    const { code, stderr } = await run(["-c", "SELECT 1; SELECT 2"], { onStart: (kill) => (interrupt = kill) });
    expect({ code, stderr }).to.deep.equal({ code: 130, stderr: "Cancelled\n" });
  });

  it("gives up after --timeout", async () => {
    server.answer = () => undefined;
    const { code, stderr } = await run(["--timeout", "1", "-c", "SELECT 1"]);
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: "No answer within 1 s\n" });
  });

  it("logs in, uses what it kept, and forgets it", async () => {
    const env = { KALAM_PASSWORD: "" };
    const login = await run(["login", "--profile", "mine", "--user", "alice", "--password-stdin"], {
      env,
      input: "secret\n",
    });
    expect(login.code, login.stderr).to.equal(0);
    const { logins } = server;
    expect((await run(["-c", "SELECT 1", "-q"], { env })).code).to.equal(0);
    server.expireTokens();
    expect((await run(["--profile", "mine", "-q", "-c", "SELECT 1"], { env })).code).to.equal(0);
    expect(server.logins, "the refresh token was enough").to.equal(logins);
    const status = await run(["status", "mine", "--json"], { env });
    expect(JSON.parse(status.stdout)).to.include({ status: "healthy", url: server.url });
    expect((await run(["logout", "mine"], { env })).code).to.equal(0);
    expect((await run(["-c", "SELECT 1"], { env })).code).to.equal(4);
  });

  it("sends what a profile holds to its own server and user only", async () => {
    const env = { KALAM_PASSWORD: "" };
    const other = await WireServer.start();
    try {
      const args = ["login", "--profile", "own", "-U", "alice", "--password-stdin"];
      expect((await run(args, { env, input: "secret\n" })).code).to.equal(0);
      for (const elsewhere of [
        ["--profile", "own", "-u", other.url],
        ["--profile", "own", "-U", "bob"],
      ]) {
        expect((await run([...elsewhere, "-c", "SELECT 1"], { env })).code, elsewhere.join(" ")).to.equal(4);
      }
      expect(other.requests).to.deep.equal([]);
      expect(other.headers.filter(({ authorization }) => authorization !== undefined)).to.deep.equal([]);
    } finally {
      await other.stop();
    }
  });

  it("makes a new profile with a password of its own user, not with another's", async () => {
    const path = join(folder, "kept.toml");
    await writeFile(path, `[instances.first]\nserver_url = "${server.url}"\nuser = "carol"\npassword = "secret"\n`);
    const env = { KALAM_PASSWORD: "", KALAMDB_CREDENTIALS_PATH: path };
    const { logins } = server;
    const refused = await run(["login", "--profile", "new"], { env });
    expect(refused.stderr).to.include("There is no password");
    expect(refused.code).to.equal(2);
    expect(server.logins).to.equal(logins);
    expect((await run(["login", "--profile", "new", "-U", "carol"], { env })).stderr).to.include("as carol");
  });

  it("says what is lost when it forgets a password, and how to get back in", async () => {
    const path = join(folder, "kept.toml");
    await writeFile(path, `[instances.local]\nserver_url = "${server.url}"\nuser = "root"\npassword = "secret"\n`);
    const { code, stderr } = await run(["logout"], { env: { KALAMDB_CREDENTIALS_PATH: path } });
    expect(code).to.equal(0);
    expect(stderr).to.include(`the password of root at ${server.url}`).and.include("--reset-root-password");
    expect(await readFile(path, "utf8")).not.to.include("secret");
  });
});
