import type { Account, AccountStore } from "../../../src/engine/auth/account.ts";
import { KalamError } from "../../../src/errors/index.ts";

/** Accounts in memory, answering in a later turn as a store does. */
export class MemoryAccountStore implements AccountStore {
  readonly accounts = new Map<string, Account>();
  writes = 0;

  async get(userId: string): Promise<Account | undefined> {
    await Promise.resolve();
    return this.accounts.get(userId);
  }

  async put(account: Account, mustBeNew: boolean): Promise<void> {
    await Promise.resolve();
    if (mustBeNew && this.accounts.has(account.userId)) throw new KalamError("user_exists", { user: account.userId });
    this.accounts.set(account.userId, account);
    this.writes++;
  }
}
