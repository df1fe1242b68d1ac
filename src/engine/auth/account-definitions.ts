import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { AlterUser, CreateUser } from "../sql/statement.ts";
import type { Account } from "./account.ts";
import type { AccountsOptions } from "./accounts.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { passwordWeakness, userNameProblem } from "./password-rules.ts";
import { parseRole } from "./role-names.ts";
import type { Principal, Role } from "./roles.ts";

type Essentials = Pick<Account, "userId" | "role" | "authType" | "email" | "passwordHash"> & {
  authData?: string | null;
};

/** An account that nobody has used yet. */
export function newAccount(runtime: Runtime, essentials: Essentials): Account {
  const now = runtime.clock.nowMicros();
  return {
    authData: null,
    ...essentials,
    storageMode: "Table",
    storageId: null,
    failedLoginAttempts: 0,
    lockedUntil: null,
    lastLoginAt: null,
    createdAt: now,
    updatedAt: now,
    lastSeen: null,
    deletedAt: null,
  };
}

/** What CREATE, ALTER and DROP USER make of an account. Nobody makes or changes an account that has more rights than himself. */
export class AccountDefinitions {
  readonly #runtime: Runtime;
  readonly #hasher: PasswordHasher;
  readonly #options: AccountsOptions;

  constructor(runtime: Runtime, hasher: PasswordHasher, options: AccountsOptions) {
    this.#runtime = runtime;
    this.#hasher = hasher;
    this.#options = options;
  }

  async create(actor: Principal, statement: CreateUser): Promise<Account> {
    const problem = userNameProblem(statement.user);
    if (problem !== undefined)
      throw new KalamError("invalid_name", { kind: "user", name: statement.user, reason: problem });
    const role = statement.role === undefined ? "user" : parseRole(statement.role);
    requireGrantable(actor, role);
    const { authentication } = statement;
    const essentials = { userId: statement.user, role, email: statement.email ?? null };
    switch (authentication.type) {
      case "password":
        return newAccount(this.#runtime, {
          ...essentials,
          authType: "Password",
          passwordHash: await this.#hash(authentication.password),
        });
      case "oauth":
        return newAccount(this.#runtime, {
          ...essentials,
          authType: "OAuth",
          authData: checkOAuthData(authentication.data),
          passwordHash: "",
        });
      case "internal":
        return newAccount(this.#runtime, { ...essentials, authType: "Internal", passwordHash: "" });
    }
  }

  async alter(actor: Principal, account: Account, statement: AlterUser): Promise<Account> {
    requireNotAbove(actor, account, "change");
    const updatedAt = this.#runtime.clock.nowMicros();
    const { change } = statement;
    switch (change.type) {
      case "password":
        if (account.authType === "OAuth") {
          const reason = `User '${account.userId}' logs in through an identity provider and has no password`;
          throw new KalamError("invalid_user_definition", { reason });
        }
        return {
          ...account,
          passwordHash: await this.#hash(change.password),
          failedLoginAttempts: 0,
          lockedUntil: null,
          updatedAt,
        };
      case "role": {
        const role = parseRole(change.role);
        requireGrantable(actor, role);
        if (account.userId === "root" && role !== "system") {
          throw new KalamError("invalid_user_definition", { reason: "Cannot change the role of 'root'" });
        }
        return { ...account, role, updatedAt };
      }
      case "email":
        return { ...account, email: change.email === "" ? null : change.email, updatedAt };
      case "storage_mode":
        return { ...account, storageMode: storageMode(change.mode), updatedAt };
      case "storage_id":
        return { ...account, storageId: change.storageId, updatedAt };
    }
  }

  drop(actor: Principal, account: Account): Account {
    requireNotAbove(actor, account, "drop");
    if (account.userId === "root") {
      throw new KalamError("invalid_user_definition", { reason: "Cannot drop user 'root'" });
    }
    const now = this.#runtime.clock.nowMicros();
    return { ...account, deletedAt: now, updatedAt: now };
  }

  async #hash(password: string): Promise<string> {
    if (password === "") throw new KalamError("weak_password", { subject: "", reason: "Password cannot be empty" });
    if (this.#options.enforcePasswordComplexity) {
      const reason = passwordWeakness(password, true);
      if (reason !== undefined) throw new KalamError("weak_password", { subject: "", reason });
    }
    if (Buffer.byteLength(password) > 256) {
      const reason = "Password must be at most 256 bytes, or no login can send it";
      throw new KalamError("weak_password", { subject: "", reason });
    }
    return this.#hasher.hash(password);
  }
}

function requireGrantable(actor: Principal, role: Role): void {
  if (role === "system" && actor.role !== "system") {
    throw new KalamError("account_change_denied", { reason: "DBA cannot grant System role" });
  }
}

function requireNotAbove(actor: Principal, account: Account, verb: string): void {
  if (account.role === "system" && actor.role !== "system") {
    throw new KalamError("account_change_denied", { reason: `DBA cannot ${verb} a user with the System role` });
  }
}

function storageMode(text: string): Account["storageMode"] {
  const mode = text.toLowerCase();
  if (mode === "table") return "Table";
  if (mode === "region") return "Region";
  const reason = `Invalid storage mode '${text}'. Valid modes: table, region`;
  throw new KalamError("invalid_user_definition", { reason });
}

function checkOAuthData(data: string | undefined): string | null {
  if (data === undefined) return null;
  try {
    const parsed: unknown = JSON.parse(data);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return data;
  } catch (error) {
    throw new KalamError(
      "invalid_user_definition",
      { reason: "The data of OAUTH must be a JSON object" },
      { cause: error },
    );
  }
  throw new KalamError("invalid_user_definition", { reason: "The data of OAUTH must be a JSON object" });
}
