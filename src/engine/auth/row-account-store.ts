import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import { usersSchema } from "../catalog/system-schemas.ts";
import { columnSlot } from "../catalog/table-schema.ts";
import type { CommitPipeline } from "../rows/commit-pipeline.ts";
import { encodeKey } from "../rows/key-codec.ts";
import type { Partition } from "../rows/partition.ts";
import type { PartitionCache } from "../rows/partition-cache.ts";
import { TableRelation } from "../rows/table-relation.ts";
import type { Row, Value } from "../types/column-type.ts";
import type { Account, AccountStore } from "./account.ts";
import type { Role } from "./roles.ts";

/** Keeps accounts as rows of `system.users`. */
export class RowAccountStore implements AccountStore {
  readonly #store: HotStore;
  readonly #cache: PartitionCache;
  readonly #pipeline: CommitPipeline;

  constructor(store: HotStore, cache: PartitionCache, pipeline: CommitPipeline) {
    this.#store = store;
    this.#cache = cache;
    this.#pipeline = pipeline;
  }

  async get(userId: string): Promise<Account | undefined> {
    const partition = this.#partition();
    await this.#cache.ready(partition);
    const relation = new TableRelation(partition, this.#store, undefined, undefined, undefined);
    const [row] = await relation.lookup([keyOf(userId)]);
    return row === undefined ? undefined : accountOf(row);
  }

  async put(account: Account, mustBeNew: boolean): Promise<void> {
    const partition = this.#partition();
    const key = keyOf(account.userId);
    await this.#pipeline.submit({
      reads: [{ partition, keys: [key] }],
      prepare: (batch) => {
        if (mustBeNew && batch.get(partition, key) !== undefined) {
          throw new KalamError("user_exists", { user: account.userId });
        }
        batch.put(partition, key, rowOf(account));
      },
    });
  }

  #partition(): Partition {
    return this.#cache.partition(usersSchema, "");
  }
}

function keyOf(userId: string): string {
  return encodeKey(usersSchema.keyTypes, [userId]);
}

const slots = new Map(usersSchema.definition.columns.map((column) => [column.name, columnSlot(column)]));

function rowOf(account: Account): Value[] {
  const row = new Array<Value>(usersSchema.slotCount).fill(null);
  const set = (column: string, value: Value): void => {
    row[slots.get(column) ?? 0] = value;
  };
  set("user_id", account.userId);
  set("password_hash", account.passwordHash);
  set("role", account.role);
  set("email", account.email);
  set("auth_type", account.authType);
  set("auth_data", account.authData);
  set("storage_mode", account.storageMode);
  set("storage_id", account.storageId);
  set("failed_login_attempts", account.failedLoginAttempts);
  set("locked_until", account.lockedUntil);
  set("last_login_at", account.lastLoginAt);
  set("created_at", account.createdAt);
  set("updated_at", account.updatedAt);
  set("last_seen", account.lastSeen);
  set("deleted_at", account.deletedAt);
  return row;
}

function accountOf(row: Row): Account {
  const get = (column: string): Value => row[slots.get(column) ?? 0] ?? null;
  return {
    userId: get("user_id") as string,
    passwordHash: get("password_hash") as string,
    role: get("role") as Role,
    email: get("email") as string | null,
    authType: get("auth_type") as Account["authType"],
    authData: get("auth_data") as string | null,
    storageMode: get("storage_mode") as Account["storageMode"],
    storageId: get("storage_id") as string | null,
    failedLoginAttempts: get("failed_login_attempts") as number,
    lockedUntil: get("locked_until") as bigint | null,
    lastLoginAt: get("last_login_at") as bigint | null,
    createdAt: get("created_at") as bigint,
    updatedAt: get("updated_at") as bigint,
    lastSeen: get("last_seen") as bigint | null,
    deletedAt: get("deleted_at") as bigint | null,
  };
}
