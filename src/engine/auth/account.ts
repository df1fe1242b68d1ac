import type { Role } from "./roles.ts";

/** A row of `system.users`. Times are microseconds since 1970. */
export interface Account {
  readonly userId: string;
  /** PHC string; empty when the account has no password. */
  readonly passwordHash: string;
  readonly role: Role;
  readonly email: string | null;
  readonly authType: "Password" | "OAuth" | "Internal";
  /** JSON text of the identity provider's part. */
  readonly authData: string | null;
  /** `Region`: tables that allow it keep the user's files in the user's own storage. */
  readonly storageMode: "Table" | "Region";
  /** That storage. */
  readonly storageId: string | null;
  readonly failedLoginAttempts: number;
  readonly lockedUntil: bigint | null;
  readonly lastLoginAt: bigint | null;
  readonly createdAt: bigint;
  readonly updatedAt: bigint;
  readonly lastSeen: bigint | null;
  readonly deletedAt: bigint | null;
}

/** Where accounts are kept: the engine's own `system.users`, written through the commit pipeline. */
export interface AccountStore {
  get(userId: string): Promise<Account | undefined>;
  /** @throws KalamError `user_exists` when `mustBeNew` and the name is taken (also by a deleted account). */
  put(account: Account, mustBeNew: boolean): Promise<void>;
}
