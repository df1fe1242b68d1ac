import { KalamError } from "../../errors/index.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { AlterUser, CreateUser, DropUser } from "../sql/statement.ts";
import type { Account, AccountStore } from "./account.ts";
import { AccountDefinitions, newAccount } from "./account-definitions.ts";
import { PasswordHasher } from "./password-hasher.ts";
import { passwordWeakness, userNameProblem } from "./password-rules.ts";
import type { Principal } from "./roles.ts";

export const ROOT = "root";

const MAX_FAILURES = 5;
const LOCK_MICROS = 15n * 60n * 1_000_000n;
const DAY_MICROS = 24n * 3600n * 1_000_000n;

export interface AccountsOptions {
  /** Check passwords in CREATE USER and ALTER USER as the first-run setup does, and their kinds of characters too. */
  readonly enforcePasswordComplexity: boolean;
}

export interface SetupRequest {
  readonly user: string;
  readonly password: string;
  readonly rootPassword: string;
  readonly email: string | null;
}

/**
 * Who may log in, and as what.
 *
 * Everything that changes one account goes through one queue per account: of two logins with wrong passwords at the same
 * moment each counts, and a login cannot undo an ALTER USER that ran meanwhile. Whoever keeps what it learnt about an account
 * (verified tokens, sessions) listens to `onChange`, which is called after the change is durable and before the statement is
 * answered.
 */
export class Accounts {
  readonly #store: AccountStore;
  readonly #runtime: Runtime;
  readonly #queue = new KeyedQueue();
  readonly #hasher: PasswordHasher;
  readonly #definitions: AccountDefinitions;
  readonly #listeners = new Set<(userId: string) => void>();

  constructor(store: AccountStore, runtime: Runtime, options: AccountsOptions) {
    this.#store = store;
    this.#runtime = runtime;
    this.#hasher = new PasswordHasher(runtime);
    this.#definitions = new AccountDefinitions(runtime, this.#hasher, options);
  }

  /** Calls `listener` with the user of every changed or deleted account. @returns a function that ends it. */
  onChange(listener: (userId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The account, unless there is none or it was deleted. */
  async find(userId: string): Promise<Account | undefined> {
    const account = await this.#store.get(userId);
    return account?.deletedAt === null ? account : undefined;
  }

  /** Whom EXECUTE AS USER means; somebody unknown is an ordinary user. */
  async principalOf(userId: string): Promise<Principal> {
    const account = await this.find(userId);
    return { userId, role: account?.role ?? "user" };
  }

  /** Makes `root` where it does not exist yet; an existing one is left alone. Without a password the server needs setup. */
  async bootstrapRoot(password: string | undefined): Promise<void> {
    await this.#queue.run(ROOT, async () => {
      if ((await this.#store.get(ROOT)) !== undefined) return;
      await this.#store.put(
        newAccount(this.#runtime, {
          userId: ROOT,
          role: "system",
          authType: "Internal",
          email: "root@localhost",
          passwordHash: password === undefined || password === "" ? "" : await this.#hasher.hash(password),
        }),
        true,
      );
    });
  }

  /** Whether `root` has no password yet. */
  async needsSetup(): Promise<boolean> {
    return (await this.#store.get(ROOT))?.passwordHash === "";
  }

  /** The first password of `root`. @throws KalamError `already_configured` */
  setRootPassword(password: string): Promise<void> {
    return this.#queue.run(ROOT, () => this.#giveRoot(password));
  }

  /** A new password for a `root` that may have one, and may be locked: for whoever holds the data folder. */
  replaceRootPassword(password: string): Promise<void> {
    return this.#queue.run(ROOT, async () => {
      const root = await this.find(ROOT);
      if (root === undefined) throw new KalamError("user_not_found", { user: ROOT });
      await this.#putRoot({ ...root, failedLoginAttempts: 0, lockedUntil: null }, password);
    });
  }

  /** Whether this is the password of `root`; it is no login, and a wrong one counts as no failure. */
  async isRootPassword(password: string): Promise<boolean> {
    const root = await this.find(ROOT);
    return root !== undefined && this.#hasher.verify(root.passwordHash, password);
  }

  /**
   * The first-run setup: a password for `root` and a DBA to work with.
   *
   * @throws KalamError `already_configured`, `invalid_user`, `setup_user_exists`, `weak_password`
   */
  async setup(request: SetupRequest): Promise<Account> {
    if (!(await this.needsSetup())) throw new KalamError("already_configured");
    if (userNameProblem(request.user) !== undefined) {
      throw new KalamError("invalid_user", { reason: "Invalid user value" });
    }
    if (request.user === ROOT) {
      const reason = "Cannot create a DBA user with user 'root'. Choose a different user.";
      throw new KalamError("invalid_user", { reason });
    }
    requireStrong("DBA user password: ", request.password);
    requireStrong("Root password: ", request.rootPassword);
    const passwordHash = await this.#hasher.hash(request.password);
    return this.#queue.run(ROOT, async () => {
      if ((await this.#store.get(request.user)) !== undefined) {
        throw new KalamError("setup_user_exists", { user: request.user });
      }
      await this.#giveRoot(request.rootPassword);
      const dba = newAccount(this.#runtime, {
        userId: request.user,
        role: "dba",
        authType: "Password",
        email: request.email,
        passwordHash,
      });
      await this.#store.put(dba, true);
      return dba;
    });
  }

  /**
   * Checks a login.
   *
   * @throws KalamError `login_failed`; `account_locked` after five failures in a row, for fifteen minutes; `setup_required` for
   * `root` without a password; `overloaded`
   */
  verifyPassword(userId: string, password: string): Promise<Account> {
    return this.#queue.run(userId, async () => {
      const found = await this.find(userId);
      const account = found?.authType === "OAuth" ? undefined : found;
      if (account !== undefined) this.#refuseEarly(account, password);
      const matches = await this.#hasher.verify(account?.passwordHash ?? "", password);
      if (account === undefined) throw new KalamError("login_failed");
      if (!matches) {
        if (account.passwordHash !== "") await this.#store.put(this.#withFailure(account), false);
        throw new KalamError("login_failed");
      }
      return this.#withSuccess(account);
    });
  }

  /** @returns the statement's message. */
  async create(actor: Principal, statement: CreateUser): Promise<string> {
    return this.#queue.run(statement.user, async () => {
      const existing = await this.#store.get(statement.user);
      if (existing?.deletedAt === null && statement.ifNotExists) {
        return `User '${statement.user}' already exists (skipped)`;
      }
      if (existing !== undefined) throw new KalamError("user_exists", { user: statement.user });
      await this.#store.put(await this.#definitions.create(actor, statement), true);
      this.#changed(statement.user);
      return `User '${statement.user}' created`;
    });
  }

  /** @returns the statement's message. */
  async alter(actor: Principal, statement: AlterUser): Promise<string> {
    return this.#queue.run(statement.user, async () => {
      const account = await this.find(statement.user);
      if (account === undefined) throw new KalamError("user_not_found", { user: statement.user });
      await this.#store.put(await this.#definitions.alter(actor, account, statement), false);
      this.#changed(statement.user);
      return `User '${statement.user}' updated`;
    });
  }

  /** The account stays, marked as deleted; its name is not given again. @returns the statement's message. */
  async drop(actor: Principal, statement: DropUser): Promise<string> {
    return this.#queue.run(statement.user, async () => {
      const account = await this.find(statement.user);
      if (account === undefined) {
        if (statement.ifExists) return `User '${statement.user}' does not exist (skipped)`;
        throw new KalamError("user_not_found", { user: statement.user });
      }
      await this.#store.put(this.#definitions.drop(actor, account), false);
      this.#changed(statement.user);
      return `User '${statement.user}' dropped (soft delete)`;
    });
  }

  async #giveRoot(password: string): Promise<void> {
    const root = await this.#store.get(ROOT);
    if (root === undefined || root.passwordHash !== "") throw new KalamError("already_configured");
    await this.#putRoot(root, password);
  }

  async #putRoot(root: Account, password: string): Promise<void> {
    const passwordHash = await this.#hasher.hash(password);
    await this.#store.put({ ...root, passwordHash, updatedAt: this.#runtime.clock.nowMicros() }, false);
    this.#changed(ROOT);
  }

  #refuseEarly(account: Account, password: string): void {
    const now = this.#runtime.clock.nowMicros();
    if (account.lockedUntil !== null && account.lockedUntil > now) {
      const minutes = (account.lockedUntil - now + 59_999_999n) / 60_000_000n;
      throw new KalamError("account_locked", { minutes });
    }
    if (account.userId === ROOT && account.passwordHash === "" && password === "") {
      throw new KalamError("setup_required");
    }
  }

  #withFailure(account: Account): Account {
    const now = this.#runtime.clock.nowMicros();
    const before = account.lockedUntil === null ? account.failedLoginAttempts : 0;
    const failedLoginAttempts = before + 1;
    return {
      ...account,
      failedLoginAttempts,
      lockedUntil: failedLoginAttempts >= MAX_FAILURES ? now + LOCK_MICROS : null,
    };
  }

  /** Written only after failures, or once a day: a login should not wait for the disk. */
  async #withSuccess(account: Account): Promise<Account> {
    const now = this.#runtime.clock.nowMicros();
    const seenToday = account.lastSeen !== null && now - account.lastSeen < DAY_MICROS;
    if (seenToday && account.failedLoginAttempts === 0 && account.lockedUntil === null) return account;
    const seen = { ...account, failedLoginAttempts: 0, lockedUntil: null, lastLoginAt: now, lastSeen: now };
    await this.#store.put(seen, false);
    return seen;
  }

  #changed(userId: string): void {
    for (const listener of this.#listeners) listener(userId);
  }
}

function requireStrong(subject: string, password: string): void {
  const reason = passwordWeakness(password, false);
  if (reason !== undefined) throw new KalamError("weak_password", { subject, reason });
}
