import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { resolveConnection } from "../../../src/cli/connection/settings.ts";
import { StoredTokens } from "../../../src/cli/connection/token-source.ts";
import { CredentialsFile, credentialsPath, saveLocalCredentials } from "../../../src/cli/credentials-file.ts";
import { ManualClock } from "../../../src/runtime/clock.ts";
import { rejection } from "../../support/rejection.ts";
import { WireServer } from "../../support/wire-server.ts";

describe("credentials", () => {
  let folder: string;
  let file: CredentialsFile;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "kalam-credentials-"));
    file = new CredentialsFile(join(folder, "deep", "credentials.toml"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const server = "http://localhost:8080";

  describe("file", () => {
    it("is where the environment says", () => {
      expect(credentialsPath({ KALAMDB_CREDENTIALS_PATH: "/x/y" })).to.equal("/x/y");
      expect(credentialsPath({})).to.match(/\.kalam.credentials\.toml$/);
    });

    it("keeps instances, for the owner's eyes only, and leaves nothing beside it", async () => {
      await file.set("a b", { server_url: server, user: "alice", jwt_token: "t" });
      await file.set("local", { user: "root", password: 'p"\\' });
      expect([...(await file.read())]).to.deep.equal([
        ["a b", { server_url: server, user: "alice", jwt_token: "t" }],
        ["local", { user: "root", password: 'p"\\' }],
      ]);
      expect((await stat(file.path)).mode & 0o777).to.equal(0o600);
      expect(await readdir(join(folder, "deep"))).to.deep.equal(["credentials.toml"]);
      expect(await file.delete("local")).to.equal(true);
      expect(await file.delete("local")).to.equal(false);
    });

    it("is closed to others when it was open", async () => {
      await file.set("local", { user: "root" });
      await chmod(file.path, 0o644);
      await file.read();
      expect((await stat(file.path)).mode & 0o777).to.equal(0o600);
    });

    it("is empty when missing, and refused when it is no TOML", async () => {
      expect((await file.read()).size).to.equal(0);
      await file.set("local", {});
      await writeFile(file.path, "[[[");
      expect(await rejection(file.read()))
        .to.have.property("message")
        .that.includes(file.path);
    });
  });

  describe("of the local server", () => {
    it("take the place of an older server, which stays known by its port", async () => {
      await saveLocalCredentials({ serverUrl: "http://127.0.0.1:8080", user: "root", password: "one" }, file);
      await saveLocalCredentials({ serverUrl: server, user: "root", password: "two" }, file);
      await saveLocalCredentials({ serverUrl: "http://localhost:9000", user: "root", password: "three" }, file);
      const passwords = [...(await file.read())].map(([name, { password }]) => [name, password]);
      expect(passwords).to.have.deep.members([
        ["local-previous", "one"],
        ["local-8080", "two"],
        ["local", "three"],
      ]);
      expect((await resolveConnection({ port: 8080 }, file, {})).profile?.stored.password).to.equal("two");
    });
  });

  describe("resolution", () => {
    beforeEach(async () => {
      await file.set("local", { server_url: "http://localhost:7777", user: "root", password: "x" });
      await file.set("prod", { server_url: "https://db.example.com", user: "alice", jwt_token: "t" });
    });
    const resolve = (flags: Parameters<typeof resolveConnection>[0], env: NodeJS.ProcessEnv = {}) =>
      resolveConnection(flags, file, env);

    it("takes the local profile when nothing is said", async () => {
      expect(await resolve({})).to.deep.include({ url: "http://localhost:7777", profileName: "local" });
    });

    it("takes flags over the connection, that over the environment, that over profiles", async () => {
      const env = {
        KALAM_URL: "http://env:1",
        KALAM_USER: "envuser",
        KALAM_PASSWORD: "envpass",
        KALAMDB_TOKEN: "envtoken",
      };
      expect(await resolve({}, env)).to.deep.include({
        url: "http://env:1",
        user: "envuser",
        password: "envpass",
        token: "envtoken",
      });
      expect(await resolve({ connection: "kalam://bob:pw@host/ns" }, env)).to.deep.include({
        url: "http://host:8080",
        user: "bob",
        password: "pw",
        namespace: "ns",
      });
      expect(
        await resolve({ connection: "kalam://bob@host/ns", host: "flag", user: "carl", namespace: "n2" }, env),
      ).to.deep.include({
        url: "http://flag:8080",
        user: "carl",
        namespace: "n2",
        token: undefined,
      });
      expect((await resolve({ profile: "prod" }, env)).url).to.equal("https://db.example.com");
    });

    it("finds the profile by the server's URL and the user, under any name of this machine", async () => {
      expect((await resolve({ url: "http://127.0.0.1:7777/" })).profile?.name).to.equal("local");
      expect((await resolve({ port: 7777 })).profile?.name).to.equal("local");
      expect((await resolve({ connection: "db.example.com:443" })).profile?.name).to.equal("prod");
      expect((await resolve({ port: 7777, user: "alice" })).profile).to.equal(undefined);
      expect((await resolve({ port: 7778 })).profile).to.equal(undefined);
      expect((await resolve({ connection: "prod" })).profile?.name).to.equal("prod");
    });

    it("refuses what it cannot use, without showing a password", async () => {
      for (const connection of ["typo", "ftp://x", "http://", "http://h/?a=1", "kalam://h/a/b"]) {
        expect(await rejection(resolve({ connection })), connection).to.have.property("exitCode", 2);
      }
      expect(await rejection(resolve({ connection: "kalam://u:topsecret@h/a/b" })))
        .to.have.property("message")
        .that.does.not.include("topsecret");
    });
  });

  describe("stored tokens", () => {
    let wire: WireServer;
    beforeEach(async () => {
      wire = await WireServer.start();
    });
    afterEach(() => wire.stop());
    const clock = new ManualClock(Date.parse("2026-06-01T00:00:00Z"));

    it("are used while they are valid, refreshed when not, and kept", async () => {
      await file.set("local", {
        server_url: wire.url,
        user: "root",
        jwt_token: "old",
        expires_at: "2026-06-01T01:00:00Z",
        refresh_token: "refresh",
      });
      const source = new StoredTokens(wire.url, "local", (await file.get("local")) ?? {}, file, clock);
      expect(await source.credentials()).to.deep.equal({ type: "jwt", token: "old" });
      expect(await source.credentials({ rejected: "old" })).to.deep.equal({ type: "jwt", token: wire.token });
      expect([wire.refreshes, wire.logins]).to.deep.equal([1, 0]);
      expect((await file.get("local"))?.jwt_token).to.equal(wire.token);
    });

    it("are replaced by a login when the password is known", async () => {
      const stored = {
        server_url: wire.url,
        user: "root",
        password: "secret",
        jwt_token: "old",
        expires_at: "2026-05-31T00:00:00Z",
        refresh_token: "wrong",
      };
      await file.set("local", stored);
      const source = new StoredTokens(wire.url, "local", stored, file, clock);
      expect(await source.credentials()).to.deep.equal({ type: "jwt", token: wire.token });
      expect(await readFile(file.path, "utf8"))
        .to.include(wire.token)
        .and.include('password = "secret"');
    });

    it("say so when nothing is accepted", async () => {
      const source = new StoredTokens(wire.url, "prod", { user: "root", password: "no" }, file, clock);
      expect(await rejection(source.credentials())).to.deep.include({ exitCode: 4 });
    });
  });
});
