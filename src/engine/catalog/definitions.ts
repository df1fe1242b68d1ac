import type { TableKind } from "../sql/statement.ts";
import type { ColumnType } from "../types/column-type.ts";

/**
 * What the catalog keeps, as plain data: these objects are stored as JSON documents in the hot store. They are never changed in
 * place; a change makes a new object.
 */
export interface NamespaceDefinition {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
  /** Microseconds since 1970, as text. */
  readonly createdAt: string;
}

export type AccessLevel = "public" | "private" | "restricted" | "dba";

/** A default: a function that is called for each row, or a constant in PostgreSQL's text form (null: NULL). */
export type DefaultValue = { readonly function: DefaultFunction } | { readonly constant: string | null };

export type DefaultFunction = "NOW" | "SNOWFLAKE_ID" | "UUID_V7" | "ULID" | "CURRENT_USER";

export interface ColumnSpec {
  /** Never used again in the same table, so that rows of older schemas keep their meaning. From 1. */
  readonly id: number;
  readonly name: string;
  readonly type: ColumnType;
  readonly notNull: boolean;
  /** SET NOT NULL looks through the rows that are there; new ones must have a value already. Not kept beyond a restart. */
  readonly becomesNotNull?: true;
  readonly default?: DefaultValue;
  /** Value of rows that are older than the column, in text form. */
  readonly missing?: string;
}

export interface FlushPolicy {
  readonly rows?: number;
  readonly intervalSeconds?: number;
}

export interface IndexDefinition {
  /** Never used again in the same table. From 1. */
  readonly id: number;
  /** No other index, table or view of the namespace has it. */
  readonly name: string;
  /** Ids of the columns, in the order of the index. */
  readonly columns: readonly number[];
  /** `building`: written, but not yet read, because rows that were there before may be missing. */
  readonly state: "building" | "ready";
}

export interface TableDefinition {
  /** Never used again, also not after DROP. */
  readonly id: number;
  readonly namespace: string;
  readonly name: string;
  readonly kind: TableKind;
  /** In declared order. */
  readonly columns: readonly ColumnSpec[];
  /** Ids of dropped and present columns are all below this. */
  readonly nextColumnId: number;
  /** Column names; empty: keyed by `_seq`. */
  readonly primaryKey: readonly string[];
  readonly indexes?: readonly IndexDefinition[];
  /** Ids of dropped and present indexes are all below this; missing: there never was one. */
  readonly nextIndexId?: number;
  readonly accessLevel: AccessLevel;
  readonly storageId: string;
  /** Storages besides `storageId` that can still have files of this table: it was moved. */
  readonly formerStorageIds?: readonly string[];
  readonly useUserStorage: boolean;
  /** What its folders are called where that is not its name: it was renamed, or its name was taken when it was made. */
  readonly folderName?: string;
  readonly flushPolicy?: FlushPolicy;
  readonly ttlSeconds?: number;
  readonly deletedRetentionHours?: number;
  readonly schemaVersion: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ViewDefinition {
  readonly namespace: string;
  readonly name: string;
  /** Output names given behind the view's name; empty: the query's own. */
  readonly columns: readonly string[];
  readonly query: string;
  /** Namespace that names in the query had when it was made. */
  readonly queryNamespace: string;
  readonly createdAt: string;
}

export interface StorageDefinition {
  /** As written by who made it; no two differ only in large and small letters. */
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: "filesystem";
  /** Absolute, without symbolic links. */
  readonly baseDirectory: string;
  readonly sharedTablesTemplate: string;
  readonly userTablesTemplate: string;
  /** Templates of earlier times: there can be files where they said. */
  readonly formerTemplates: readonly string[];
  /** JSON texts of objects. Credentials are never shown. */
  readonly credentials: string | null;
  readonly config: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A folder in a storage. */
export interface Place {
  readonly storageId: string;
  /** Relative to the base of the storage. */
  readonly folder: string;
}

/** A table that was dropped and whose files may still be there. */
export interface RetiredTable {
  readonly tableId: number;
  readonly namespace: string;
  readonly name: string;
  readonly folderName: string;
  /** Folders that hold its files and those of no other table. */
  readonly places: readonly Place[];
}
