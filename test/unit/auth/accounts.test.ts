import { expect } from "chai";
import { Accounts } from "../../../src/engine/auth/accounts.ts";
import type { Principal, Role } from "../../../src/engine/auth/roles.ts";
import type { AlterUser, CreateUser } from "../../../src/engine/sql/statement.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { ManualClock } from "../../../src/runtime/clock.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { MemoryAccountStore } from "./memory-account-store.ts";

const root: Principal = { userId: "root", role: "system" };
const dba: Principal = { userId: "boss", role: "dba" };

function createUser(user: string, password = "pass-word-1", role: string | undefined = "user"): CreateUser {
  return {
    kind: "create_user",
    user,
    ifNotExists: false,
    authentication: { type: "password", password },
    role,
    email: undefined,
  };
}

function alterUser(user: string, change: AlterUser["change"]): AlterUser {
  return { kind: "alter_user", user, change };
}

async function failure(work: Promise<unknown>): Promise<KalamError> {
  try {
    await work;
  } catch (error) {
    expect(error).to.be.instanceOf(KalamError);
    return error as KalamError;
  }
  throw new Error("nothing was thrown");
}

describe("accounts", () => {
  let clock: ManualClock;
  let store: MemoryAccountStore;
  let accounts: Accounts;

  beforeEach(() => {
    clock = new ManualClock();
    store = new MemoryAccountStore();
    accounts = new Accounts(store, createRuntime({ clock }), { enforcePasswordComplexity: false });
  });

  it("creates, alters and drops users with the reference's messages", async () => {
    expect(await accounts.create(root, createUser("ann"))).to.equal("User 'ann' created");
    expect((await failure(accounts.create(root, createUser("ann")))).message).to.equal(
      "Already exists: User 'ann' already exists",
    );
    expect(await accounts.create(root, { ...createUser("ann"), ifNotExists: true })).to.equal(
      "User 'ann' already exists (skipped)",
    );
    expect(await accounts.alter(root, alterUser("ann", { type: "role", role: "developer" }))).to.equal(
      "User 'ann' updated",
    );
    expect((await accounts.find("ann"))?.role).to.equal("service");
    await accounts.alter(root, alterUser("ann", { type: "email", email: "a@b.c" }));
    expect((await accounts.find("ann"))?.email).to.equal("a@b.c");
    const drop = { kind: "drop_user", user: "ann", ifExists: false } as const;
    expect(await accounts.drop(root, drop)).to.equal("User 'ann' dropped (soft delete)");
    expect(await accounts.find("ann")).to.equal(undefined);
    expect(store.accounts.get("ann")?.deletedAt).to.equal(clock.nowMicros());
    expect((await failure(accounts.drop(root, drop))).message).to.equal("Not found: User 'ann' does not exist");
    expect(await accounts.drop(root, { ...drop, ifExists: true })).to.equal("User 'ann' does not exist (skipped)");
    expect((await failure(accounts.create(root, createUser("ann")))).key).to.equal("user_exists");
  });

  it("keeps passwords as argon2id and never as text", async () => {
    await accounts.create(root, createUser("ann", "pass-word-1"));
    const { passwordHash } = store.accounts.get("ann") ?? { passwordHash: "" };
    expect(passwordHash).to.match(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await accounts.verifyPassword("ann", "pass-word-1")).userId).to.equal("ann");
    expect((await failure(accounts.verifyPassword("ann", "pass-word-2"))).key).to.equal("login_failed");
    await accounts.alter(root, alterUser("ann", { type: "password", password: "pass-word-2" }));
    expect((await failure(accounts.verifyPassword("ann", "pass-word-1"))).key).to.equal("login_failed");
    expect((await accounts.verifyPassword("ann", "pass-word-2")).userId).to.equal("ann");
  });

  it("answers the same for somebody unknown, deleted, without a password or from an identity provider", async () => {
    await accounts.create(root, createUser("gone"));
    await accounts.drop(root, { kind: "drop_user", user: "gone", ifExists: false });
    await accounts.create(root, { ...createUser("sso"), authentication: { type: "oauth", data: '{"provider":"x"}' } });
    await accounts.create(root, { ...createUser("bot"), authentication: { type: "internal" } });
    for (const user of ["nobody", "gone", "sso", "bot"]) {
      for (const password of ["", "pass-word-1"]) {
        const error = await failure(accounts.verifyPassword(user, password));
        expect([error.key, error.message]).to.deep.equal(["login_failed", "Invalid credentials"]);
      }
    }
  });

  it("locks after five failures in a row, for fifteen minutes, however they overlap", async () => {
    await accounts.create(root, createUser("ann"));
    const attempts = await Promise.all(
      Array.from({ length: 6 }, () => failure(accounts.verifyPassword("ann", "wrong-word"))),
    );
    expect(attempts.map((error) => error.key)).to.deep.equal([...Array(5).fill("login_failed"), "account_locked"]);
    clock.advance(60_001);
    const locked = await failure(accounts.verifyPassword("ann", "pass-word-1"));
    expect([locked.key, locked.values]).to.deep.equal(["account_locked", { minutes: 14n }]);
    clock.advance(14 * 60_000);
    await failure(accounts.verifyPassword("ann", "wrong-word"));
    expect(store.accounts.get("ann")?.failedLoginAttempts).to.equal(1);
    await accounts.verifyPassword("ann", "pass-word-1");
    expect(store.accounts.get("ann")?.failedLoginAttempts).to.equal(0);
  });

  it("writes a successful login at most once a day", async () => {
    await accounts.create(root, createUser("ann"));
    await accounts.verifyPassword("ann", "pass-word-1");
    const writes = store.writes;
    await accounts.verifyPassword("ann", "pass-word-1");
    expect(store.writes).to.equal(writes);
    clock.advance(24 * 3600 * 1000);
    await accounts.verifyPassword("ann", "pass-word-1");
    expect(store.writes).to.equal(writes + 1);
    expect(store.accounts.get("ann")?.lastSeen).to.equal(clock.nowMicros());
  });

  it("makes root once, with or without a password", async () => {
    await accounts.bootstrapRoot(undefined);
    expect(await accounts.needsSetup()).to.equal(true);
    expect((await failure(accounts.verifyPassword("root", ""))).key).to.equal("setup_required");
    expect((await failure(accounts.verifyPassword("root", "x"))).key).to.equal("login_failed");
    await accounts.bootstrapRoot("first-password");
    expect(await accounts.needsSetup()).to.equal(true);
    await accounts.setRootPassword("first-password");
    expect((await failure(accounts.setRootPassword("second-password"))).key).to.equal("already_configured");
    const account = await accounts.verifyPassword("root", "first-password");
    expect([account.role, account.authType, account.email]).to.deep.equal(["system", "Internal", "root@localhost"]);
  });

  it("sets up once, with checked names and passwords", async () => {
    await accounts.bootstrapRoot(undefined);
    const request = { user: "boss", password: "good-enough", rootPassword: "also-good-1", email: null };
    const wrong: [Partial<typeof request>, string][] = [
      [{ user: "" }, "Invalid user value"],
      [{ user: "a/b" }, "Invalid user value"],
      [{ user: "root" }, "Cannot create a DBA user with user 'root'. Choose a different user."],
      [{ password: "short" }, "DBA user password: Weak password: Password must be at least 8 characters (weak)"],
      [{ rootPassword: "12345678" }, "Root password: Weak password: Password is too common"],
      [
        { rootPassword: "x".repeat(73) },
        "Root password: Weak password: Password must be at most 72 characters (bcrypt limit, weak)",
      ],
    ];
    for (const [change, message] of wrong) {
      expect((await failure(accounts.setup({ ...request, ...change }))).message).to.equal(message);
    }
    const both = await Promise.allSettled([accounts.setup(request), accounts.setup({ ...request, user: "other" })]);
    const winners = both.filter((result) => result.status === "fulfilled").map((result) => result.value.userId);
    expect(winners.length).to.equal(1);
    expect((await accounts.verifyPassword(winners[0] ?? "", "good-enough")).role).to.equal("dba");
    expect((await accounts.verifyPassword("root", "also-good-1")).role).to.equal("system");
    expect((await failure(accounts.setup(request))).key).to.equal("already_configured");
  });

  it("lets nobody reach above himself", async () => {
    await accounts.bootstrapRoot("root-password");
    const attempts: Promise<unknown>[] = [
      accounts.create(dba, createUser("evil", "pass-word-1", "system")),
      accounts.alter(dba, alterUser("root", { type: "password", password: "mine-now-1" })),
      accounts.drop(dba, { kind: "drop_user", user: "root", ifExists: false }),
    ];
    for (const attempt of attempts) expect((await failure(attempt)).definition.status).to.equal(403);
    expect((await accounts.verifyPassword("root", "root-password")).userId).to.equal("root");
    await failure(accounts.drop(root, { kind: "drop_user", user: "root", ifExists: false }));
  });

  it("refuses names, roles, passwords and provider data that cannot be right", async () => {
    const attempts: [CreateUser, RegExp][] = [
      [createUser("a/b"), /Invalid user name 'a\/b'/],
      [createUser(""), /Name cannot be empty/],
      [createUser("ann", "pass-word-1", "king"), /Invalid role 'king'\. Hint: Valid roles:/],
      [createUser("ann", "pass-word-1", "anonymous"), /Invalid role 'anonymous'/],
      [createUser("ann", ""), /Password cannot be empty/],
      [createUser("ann", "x".repeat(257)), /at most 256 bytes/],
      [{ ...createUser("ann"), authentication: { type: "oauth", data: "[1]" } }, /JSON object/],
      [{ ...createUser("ann"), authentication: { type: "oauth", data: "{" } }, /JSON object/],
    ];
    for (const [statement, message] of attempts) {
      expect((await failure(accounts.create(root, statement))).message).to.match(message);
    }
    expect(store.accounts.size).to.equal(0);
  });

  it("checks complexity only when told to", async () => {
    await accounts.create(root, createUser("ann", "weak"));
    const strict = new Accounts(store, createRuntime({ clock }), { enforcePasswordComplexity: true });
    for (const [password, message] of [
      ["weak", "at least 8 characters"],
      ["lower-case-1", "uppercase"],
      ["UPPER-CASE-1", "lowercase"],
      ["No-Digits-At-All", "digit"],
      ["NoSpecial123", "special"],
    ] as const) {
      expect((await failure(strict.create(root, createUser("bob", password)))).message).to.include(message);
    }
    await strict.create(root, createUser("bob", "Good-Word-1"));
  });

  it("tells its listeners of every change, until they leave", async () => {
    const heard: string[] = [];
    const leave = accounts.onChange((user) => heard.push(user));
    await accounts.create(root, createUser("ann"));
    await accounts.alter(root, alterUser("ann", { type: "password", password: "pass-word-2" }));
    await accounts.drop(root, { kind: "drop_user", user: "ann", ifExists: false });
    leave();
    await accounts.create(root, createUser("bob"));
    expect(heard).to.deep.equal(["ann", "ann", "ann"]);
  });

  it("takes somebody unknown for an ordinary user in EXECUTE AS", async () => {
    await accounts.create(root, createUser("bot", "pass-word-1", "service"));
    const roles: Role[] = [(await accounts.principalOf("bot")).role, (await accounts.principalOf("who")).role];
    expect(roles).to.deep.equal(["service", "user"]);
  });
});
