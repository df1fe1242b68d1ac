import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { withFolder } from "../support/folder.ts";
import { KALAM } from "../support/kalam-process.ts";

/** `kalam serve` in a process of its own, with nothing of the caller's settings. */
class Serve {
  readonly child: ChildProcess;
  output = "";
  readonly #ended: Promise<number | null>;

  constructor(folder: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KALAM")));
    const port = args.includes("--port") ? [] : ["--port", "0"];
    this.child = spawn(process.execPath, [KALAM, "serve", ...port, "--data-dir", join(folder, "data"), ...args], {
      cwd: folder,
      env: { ...inherited, KALAMDB_CREDENTIALS_PATH: join(folder, "credentials.toml"), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.output += chunk;
      });
    }
    this.#ended = once(this.child, "close").then(([code]) => code as number | null);
  }

  /** Its URL, once it has greeted. */
  async url(): Promise<string> {
    for (;;) {
      const url = /Listening on (\S+)[\s\S]*Data: /.exec(this.output)?.[1];
      if (url !== undefined) return url;
      const over = await Promise.race([
        this.#ended,
        once(this.child.stdout ?? this.child, "data").then(() => undefined),
      ]);
      if (over !== undefined) throw new Error(`kalam serve ended with ${over}:\n${this.output}`);
    }
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.#ended;
  }

  ended(): Promise<number | null> {
    return this.#ended;
  }
}

async function logIn(url: string, password: string): Promise<string> {
  const response = await fetch(`${url}/v1/api/auth/login`, {
    method: "POST",
    body: JSON.stringify({ user: "root", password }),
  });
  expect(response.status).to.equal(200);
  return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
}

async function run(url: string, authorization: string, sql: string): Promise<string> {
  const response = await fetch(`${url}/v1/api/sql`, {
    method: "POST",
    headers: { authorization },
    body: JSON.stringify({ sql }),
  });
  return response.text();
}

describe("kalam serve", () => {
  it("makes a password at the first start, keeps data and tokens, and ends in order", async () => {
    await withFolder(async (folder) => {
      const settings = { KALAMDB_LOGGING_SLOW_QUERY_THRESHOLD_MS: "1", KALAMDB_LOG_LEVEL: "debug" };
      const first = new Serve(folder, [], settings);
      const url = await first.url();
      const password = /the password of root is\s+(\S+)/.exec(first.output)?.[1] ?? "";
      expect(password).to.match(/^[\w-]{24}$/);
      expect(await readFile(join(folder, "credentials.toml"), "utf8")).to.include(password);
      for (const file of ["credentials.toml", "data/jwt-secret"]) {
        expect((await stat(join(folder, file))).mode & 0o777, file).to.equal(0o600);
      }
      const token = await logIn(url, password);
      expect(await run(url, token, "CREATE NAMESPACE app")).to.include('"status":"success"');
      expect(await run(url, token, "CREATE USER ann WITH PASSWORD 'hunter2-hunter2' ROLE user")).to.include(
        "User 'ann' created",
      );
      expect(await first.end("SIGTERM")).to.equal(0);
      expect(first.output).to.include("server stopped");
      const log = await readFile(join(folder, "data/logs/server.jsonl"), "utf8");
      expect(log).to.include("slow statement");
      for (const secret of [password, "hunter2", token.slice(7)]) expect(log.includes(secret)).to.equal(false);

      const second = new Serve(folder, [], { KALAMDB_ROOT_PASSWORD: "another-password" });
      const again = await second.url();
      expect(second.output).not.to.include("password of root");
      expect(second.output).to.match(/KALAMDB_ROOT_PASSWORD .*counts only for a new database/);
      expect(await run(again, token, "SHOW NAMESPACES")).to.include('"app"');
      await logIn(again, password);

      const third = new Serve(folder, []);
      expect(await third.ended()).to.equal(1);
      expect(third.output).to.match(/^Error: .*in use/m);
      expect(await second.end("SIGINT")).to.equal(0);
    });
  });

  it("gives root a new password when it is told to, and only under the lock of the data", async () => {
    await withFolder(async (folder) => {
      const first = new Serve(folder, [], { KALAMDB_ROOT_PASSWORD: "the-first-one" });
      const token = await logIn(await first.url(), "the-first-one");
      await run(await first.url(), token, "CREATE NAMESPACE app");
      const early = new Serve(folder, ["--reset-root-password"]);
      expect(await early.ended()).to.equal(1);
      expect(early.output).to.match(/^Error: .*in use/m);
      await logIn(await first.url(), "the-first-one");
      await first.end("SIGTERM");

      const made = new Serve(folder, ["--reset-root-password"]);
      const url = await made.url();
      const password = /new password of root is\s+(\S+)/.exec(made.output)?.[1] ?? "";
      expect(await readFile(join(folder, "credentials.toml"), "utf8")).to.include(password);
      expect(await run(url, await logIn(url, password), "SHOW NAMESPACES")).to.include('"app"');
      await made.end("SIGTERM");

      const given = new Serve(folder, ["--reset-root-password"], { KALAMDB_ROOT_PASSWORD: "the-last-one" });
      await logIn(await given.url(), "the-last-one");
      expect(given.output).to.include("KALAMDB_ROOT_PASSWORD").and.not.include("the-last-one");
      await given.end("SIGTERM");

      const again = new Serve(folder, [], { KALAMDB_ROOT_PASSWORD: "the-last-one" });
      await logIn(await again.url(), "the-last-one");
      expect(again.output).not.to.include("KALAMDB_ROOT_PASSWORD");
      expect(await again.end("SIGTERM")).to.equal(0);
    });
  });

  it("refuses a taken port before it touches the data", async () => {
    await withFolder(async (folder) => {
      const other = createServer().listen(0, "127.0.0.1");
      await once(other, "listening");
      const { port } = other.address() as { port: number };
      const serve = new Serve(folder, ["--port", String(port)]);
      expect(await serve.ended()).to.equal(1);
      expect(serve.output).to.match(/^Error: Cannot listen on 127\.0\.0\.1:\d+: the port is taken$/m);
      expect(existsSync(join(folder, "data"))).to.equal(false);
      other.close();
    });
  });

  it("names what is wrong in its configuration", async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, "server.toml"), "[server]\nport = 0\n[limits]\nmax_result_rows = -1\n");
      const serve = new Serve(folder, []);
      expect(await serve.ended()).to.equal(2);
      expect(serve.output).to.include("Error: Configuration error: limits.max_result_rows in server.toml: -1 must be");
      const open = new Serve(folder, ["--host", "0.0.0.0"], {
        KALAMDB_JWT_SECRET: "secret",
        KALAMDB_LIMITS_MAX_RESULT_ROWS: "5",
      });
      expect(await open.ended()).to.equal(2);
      expect(open.output).to.include("auth.jwt_secret is a known default");
      expect(existsSync(join(folder, "data"))).to.equal(false);
    });
  });

  it("takes its first password from the environment and keeps nothing in memory", async () => {
    await withFolder(async (folder) => {
      const serve = new Serve(folder, ["--driver", "memory"], { KALAMDB_ROOT_PASSWORD: "from-the-environment" });
      const url = await serve.url();
      expect(serve.output).to.include("in memory: nothing is kept");
      expect(serve.output).not.to.include("from-the-environment");
      const token = await logIn(url, "from-the-environment");
      expect(await run(url, token, "SELECT 1 AS one")).to.include('"rows":[[1]]');
      expect(existsSync(join(folder, "credentials.toml"))).to.equal(false);
      expect(await serve.end("SIGTERM")).to.equal(0);
    });
  });
});
