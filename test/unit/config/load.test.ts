import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { configurationDocument } from "../../../src/config/document.ts";
import { loadConfig } from "../../../src/config/index.ts";
import { environmentNames, SETTING_KEYS } from "../../../src/config/settings.ts";
import { KalamError } from "../../../src/errors/index.ts";

describe("configuration", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "kalam-config-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function file(text: string): string {
    const path = join(folder, "server.toml");
    writeFileSync(path, text);
    return path;
  }

  function problem(work: () => unknown): KalamError {
    try {
      work();
    } catch (error) {
      expect(error).to.be.instanceOf(KalamError);
      return error as KalamError;
    }
    throw new Error("nothing was thrown");
  }

  it("has the reference's defaults where it has its keys", () => {
    const { config, warnings, given } = loadConfig({});
    expect(config["server.host"]).to.equal("127.0.0.1");
    expect(config["server.port"]).to.equal(8080);
    expect(config["auth.jwt_expiry_hours"]).to.equal(24);
    expect(config["rate_limit.max_queries_per_sec"]).to.equal(100_000);
    expect(config["limits.max_result_rows"]).to.equal(0);
    expect(warnings).to.deep.equal([]);
    expect(given.size).to.equal(0);
  });

  it("lets flags win over the environment, and the environment over the file", () => {
    const path = file('[server]\nport = 1001\nhost = "0.0.0.0"\n[storage]\ndata_path = "/from/file"\n');
    const { config } = loadConfig({
      file: path,
      environment: { KALAMDB_SERVER_PORT: "1002", KALAMDB_SERVER_HOST: "::1" },
      flags: { "server.port": { flag: "--port", value: "1003" } },
    });
    expect(config["server.port"]).to.equal(1003);
    expect(config["server.host"]).to.equal("::1");
    expect(config["storage.data_path"]).to.equal("/from/file");
  });

  it("reads the documented environment names", () => {
    const { config } = loadConfig({
      environment: {
        KALAMDB_DATA_DIR: "/d",
        KALAMDB_ROOT_PASSWORD: "secret",
        KALAMDB_LOG_LEVEL: "debug",
        KALAMDB_LOGS_DIR: "/l",
        KALAMDB_LOG_TO_CONSOLE: "0",
        KALAMDB_JWT_SECRET: "s",
        KALAMDB_JWT_EXPIRY_HOURS: "2",
        KALAMDB_COOKIE_SECURE: "no",
        KALAMDB_ALLOW_REMOTE_SETUP: "yes",
        KALAMDB_SECURITY_CORS_ALLOWED_ORIGINS: "https://a, https://b",
        KALAMDB_SECURITY_TRUSTED_PROXY_RANGES: "10.0.0.0/8",
        KALAMDB_RATE_LIMIT_AUTH_REQUESTS_PER_IP_PER_SEC: "7",
        KALAMDB_RATE_LIMIT_MAX_QUERIES_PER_SEC: "9",
        KALAMDB_HOT_STORE_DRIVER: "memory",
      },
    });
    expect(config["storage.data_path"]).to.equal("/d");
    expect(config["auth.root_password"]).to.equal("secret");
    expect(config["logging.level"]).to.equal("debug");
    expect(config["logging.logs_path"]).to.equal("/l");
    expect(config["logging.log_to_console"]).to.equal(false);
    expect(config["auth.jwt_secret"]).to.equal("s");
    expect(config["auth.jwt_expiry_hours"]).to.equal(2);
    expect(config["auth.cookie_secure"]).to.equal(false);
    expect(config["auth.allow_remote_setup"]).to.equal(true);
    expect(config["security.cors.allowed_origins"]).to.deep.equal(["https://a", "https://b"]);
    expect(config["security.trusted_proxy_ranges"]).to.deep.equal(["10.0.0.0/8"]);
    expect(config["rate_limit.max_auth_requests_per_ip_per_sec"]).to.equal(7);
    expect(config["rate_limit.max_queries_per_sec"]).to.equal(9);
    expect(config["hot_store.driver"]).to.equal("memory");
  });

  it("gives every setting a variable of its own", () => {
    const names = SETTING_KEYS.flatMap(environmentNames);
    expect(new Set(names).size).to.equal(names.length);
  });

  it("names the source of a bad value", () => {
    expect(problem(() => loadConfig({ environment: { KALAMDB_SERVER_PORT: "80a" } })).message).to.equal(
      'Configuration error: environment variable KALAMDB_SERVER_PORT: "80a" must be a whole number from 0 to 65535',
    );
    const path = file("[server]\nport = 70000\n");
    expect(problem(() => loadConfig({ file: path })).message).to.include(`server.port in ${path}: 70000`);
    const flags = { "hot_store.driver": { flag: "--driver", value: "rocks" } };
    expect(problem(() => loadConfig({ flags })).message).to.include('--driver: "rocks" must be one of sqlite, memory');
  });

  it("does not repeat a secret", () => {
    const path = file("[auth]\nroot_password = 123456\n");
    expect(problem(() => loadConfig({ file: path })).message).not.to.include("123456");
  });

  it("says which file is missing or broken", () => {
    expect(problem(() => loadConfig({ file: join(folder, "none.toml") })).message).to.include("none.toml");
    expect(problem(() => loadConfig({ file: file("[server\nport=1") })).message).to.include("not valid TOML");
  });

  it("starts with the file of an existing server and warns of what it does not know", () => {
    const path = file(
      [
        '[server]\nhost = "127.0.0.1"\nport = 8080\nprot = 1',
        "[storage.rocksdb]\nblock_cache_size = 1\nmax_open_files = 2",
        "[authentication]\njwt_expiry_hours = 3",
        "[cluster]\nnode_id = 1",
      ].join("\n"),
    );
    const { config, warnings } = loadConfig({ file: path });
    expect(config["auth.jwt_expiry_hours"]).to.equal(3);
    expect(warnings).to.deep.equal([
      `${path}: unknown setting server.prot is ignored (did you mean server.port?)`,
      `${path}: storage.rocksdb has no meaning here and is ignored`,
      `${path}: cluster has no meaning here and is ignored`,
    ]);
  });

  it("is documented as it is", () => {
    const document = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8");
    expect(document).to.equal(configurationDocument());
  });
});
