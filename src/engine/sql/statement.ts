import type { DeleteStmt, InsertStmt, Node, SelectStmt, UpdateStmt } from "libpg-query";

/**
 * What a text becomes after `sql/`: a tree whose literals have been taken out.
 *
 *     INSERT INTO t (a, b) VALUES (1, 'x')          text
 *     insert into t (a, b) values (?i, ?s)          fingerprint: the same for every statement of this shape
 *     InsertStmt{ … ParamRef 1, ParamRef 2 }        template: parsed once per fingerprint, then shared
 *     [1, 'x']                                      literals of this text
 *
 * Inputs are numbered from 1 in one sequence: first the caller's parameters `$1…$p`, then the literals. A `ParamRef` in a
 * template carries the number of an input, wherever it came from.
 */
export interface StatementTemplate {
  readonly statement: Statement;
  /** The greatest `$n` that the text names. */
  readonly parameterCount: number;
  /** Kinds of the literals that became inputs; literal k is input `parameterCount + k + 1`. */
  readonly literalKinds: readonly LiteralKind[];
  /** The text that the tree was made from; offsets in the tree are offsets into it. See `placeInText`. */
  readonly source: string;
  /** Set when some literals of a text stay in the tree: which of its literals are inputs, counted over the whole text. */
  readonly inputLiterals?: readonly number[];
}

/** One statement of a request, bound to its own text. */
export interface ParsedStatement {
  readonly template: StatementTemplate;
  /** The text of this statement alone. */
  readonly text: string;
  /** Where `text` begins in the whole request, in UTF-16 units. */
  readonly offset: number;
  /** The literals of this text, as written (strings unescaped). Same length as `template.literalKinds`, except for a
   *  multi-row VALUES, see `InsertStatement.rowWidth`. */
  readonly literals: readonly Literal[];
}

/** `integer` fits 32 bits, `bigint` 64 bits, every other number is `decimal`; so one template has one type for each literal. */
export type LiteralKind = "integer" | "bigint" | "decimal" | "string" | "boolean" | "null" | "any";

/** The text of a number keeps every digit; null, true and false are themselves. */
export type Literal = string | boolean | null | NumberLiteral;

export class NumberLiteral {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Statement =
  | SelectStatement
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | ExplainStatement
  | TransactionStatement
  | ExecuteAsStatement
  | CreateNamespace
  | AlterNamespace
  | DropNamespace
  | UseNamespace
  | CreateTable
  | AlterTable
  | DropTable
  | CreateIndex
  | DropIndex
  | CreateView
  | DropView
  | CreateUser
  | AlterUser
  | DropUser
  | CreateStorage
  | AlterStorage
  | DropStorage
  | StorageCheck
  | ShowStatement
  | DescribeTable
  | StorageWork
  | KillJob
  | KillLiveQuery
  | SubscribeStatement
  | ClearCache;

export interface SelectStatement {
  readonly kind: "select";
  readonly node: SelectStmt;
}

export interface InsertStatement {
  readonly kind: "insert";
  readonly node: InsertStmt;
  /**
   * Set when the statement is a plain `VALUES` list of literals and parameters: the template then holds one row, and the
   * literals of a text are those of all its rows, row by row. `rowLiterals` is how many literals one row has. Folding is only
   * done when every row has the same shape and only literals (no parameters).
   */
  readonly rowLiterals?: number;
}

export interface UpdateStatement {
  readonly kind: "update";
  readonly node: UpdateStmt;
}

export interface DeleteStatement {
  readonly kind: "delete";
  readonly node: DeleteStmt;
}

export interface ExplainStatement {
  readonly kind: "explain";
  readonly analyze: boolean;
  readonly inner: SelectStatement | InsertStatement | UpdateStatement | DeleteStatement;
}

export interface TransactionStatement {
  readonly kind: "begin" | "commit" | "rollback";
}

/** `EXECUTE AS USER 'x' ( … )` and `INSERT INTO t AS USER 'x' …`. */
export interface ExecuteAsStatement {
  readonly kind: "execute_as";
  /** Exactly as written. */
  readonly user: string;
  readonly inner: ParsedStatement;
}

/** A name as written: unquoted parts folded to lower case. Positions are offsets into the statement's text. */
export interface QualifiedName {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly position: number;
}

export interface CreateNamespace {
  readonly kind: "create_namespace";
  readonly name: string;
  readonly position: number;
  readonly ifNotExists: boolean;
  readonly options: Readonly<Record<string, string>>;
}

export interface AlterNamespace {
  readonly kind: "alter_namespace";
  readonly name: string;
  readonly position: number;
  readonly options: Readonly<Record<string, string>>;
}

export interface DropNamespace {
  readonly kind: "drop_namespace";
  readonly name: string;
  readonly position: number;
  readonly ifExists: boolean;
}

export interface UseNamespace {
  readonly kind: "use_namespace";
  readonly name: string;
  readonly position: number;
}

export type TableKind = "user" | "shared" | "stream";

/** A type as the grammar gives it: last part of the name in lower case, and its modifiers. */
export interface TypeReference {
  readonly name: string;
  readonly modifiers: readonly number[];
  readonly array: boolean;
  /** MySQL's `UNSIGNED` was written behind it. */
  readonly unsigned: boolean;
  readonly position: number;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: TypeReference;
  readonly position: number;
  readonly notNull: boolean;
  readonly primaryKey: boolean;
  /** A DEFAULT expression; `AUTO_INCREMENT`, `IDENTITY` and the SERIAL types set `generated` instead. */
  readonly defaultExpression?: Node;
  readonly generated: boolean;
}

export interface CreateTable {
  readonly kind: "create_table";
  readonly table: QualifiedName;
  /** From the words before TABLE; an option `TYPE` may say it instead. */
  readonly tableKind: TableKind | undefined;
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnDefinition[];
  /** From a table constraint. */
  readonly primaryKey: readonly string[] | undefined;
  /** Names in upper case, values as text without quotes. */
  readonly options: ReadonlyMap<string, string>;
}

export type AlterTableAction =
  | { readonly kind: "add_column"; readonly column: ColumnDefinition; readonly ifNotExists: boolean }
  | { readonly kind: "drop_column"; readonly column: string; readonly ifExists: boolean; readonly position: number }
  | { readonly kind: "rename_column"; readonly from: string; readonly to: string; readonly position: number }
  | { readonly kind: "modify_column"; readonly column: ColumnDefinition; readonly nullable: boolean | undefined }
  | { readonly kind: "set_type"; readonly column: string; readonly type: TypeReference; readonly position: number }
  | {
      readonly kind: "set_not_null" | "drop_not_null" | "drop_default";
      readonly column: string;
      readonly position: number;
    }
  | { readonly kind: "set_default"; readonly column: string; readonly expression: Node; readonly position: number }
  | { readonly kind: "set_options"; readonly options: ReadonlyMap<string, string> }
  | { readonly kind: "rename_table"; readonly to: string };

export interface AlterTable {
  readonly kind: "alter_table";
  readonly table: QualifiedName;
  readonly ifExists: boolean;
  readonly actions: readonly AlterTableAction[];
}

export interface DropTable {
  readonly kind: "drop_table";
  readonly tables: readonly QualifiedName[];
  readonly ifExists: boolean;
}

export interface IndexedColumn {
  readonly name: string;
  readonly position: number;
}

export interface CreateIndex {
  readonly kind: "create_index";
  /** Undefined: to be made of the names of the table and the columns. */
  readonly name: string | undefined;
  readonly ifNotExists: boolean;
  readonly table: QualifiedName;
  readonly columns: readonly IndexedColumn[];
}

export interface DropIndex {
  readonly kind: "drop_index";
  readonly indexes: readonly QualifiedName[];
  readonly ifExists: boolean;
}

export interface CreateView {
  readonly kind: "create_view";
  readonly view: QualifiedName;
  readonly orReplace: boolean;
  readonly columns: readonly string[];
  /** The text of the query, kept as the definition, and where it begins. */
  readonly query: string;
  readonly queryPosition: number;
  readonly node: SelectStmt;
}

export interface DropView {
  readonly kind: "drop_view";
  readonly views: readonly QualifiedName[];
  readonly ifExists: boolean;
}

export interface CreateUser {
  readonly kind: "create_user";
  readonly user: string;
  readonly ifNotExists: boolean;
  readonly authentication:
    | { readonly type: "password"; readonly password: string }
    | { readonly type: "oauth"; readonly data: string | undefined }
    | { readonly type: "internal" };
  /** As written, aliases included; checked by the engine. Missing means `user`. */
  readonly role: string | undefined;
  readonly email: string | undefined;
}

export interface AlterUser {
  readonly kind: "alter_user";
  readonly user: string;
  readonly change:
    | { readonly type: "password"; readonly password: string }
    | { readonly type: "role"; readonly role: string }
    | { readonly type: "email"; readonly email: string }
    | { readonly type: "storage_mode"; readonly mode: string }
    /** Null: none of his own. */
    | { readonly type: "storage_id"; readonly storageId: string | null };
}

export interface DropUser {
  readonly kind: "drop_user";
  readonly user: string;
  readonly ifExists: boolean;
}

/** What can be said of a storage; `location` is the folder, or the bucket. */
export type StorageSetting =
  | "name"
  | "description"
  | "location"
  | "region"
  | "sharedTablesTemplate"
  | "userTablesTemplate"
  | "credentials"
  | "config";

export interface CreateStorage {
  readonly kind: "create_storage";
  /** As written. */
  readonly storage: string;
  readonly position: number;
  readonly ifNotExists: boolean;
  /** As written; checked by the engine. */
  readonly type: string;
  readonly settings: ReadonlyMap<StorageSetting, string>;
}

export interface AlterStorage {
  readonly kind: "alter_storage";
  readonly storage: string;
  readonly position: number;
  readonly settings: ReadonlyMap<StorageSetting, string>;
}

export interface DropStorage {
  readonly kind: "drop_storage";
  readonly storage: string;
  readonly position: number;
  readonly ifExists: boolean;
}

export interface StorageCheck {
  readonly kind: "storage_check";
  readonly storage: string;
  readonly position: number;
  readonly extended: boolean;
}

export interface ShowStatement {
  readonly kind: "show";
  readonly subject:
    | { readonly type: "namespaces" | "storages" | "users" | "manifest" | "live" }
    | { readonly type: "jobs"; readonly ids: readonly string[] | undefined }
    | { readonly type: "tables"; readonly namespace: string | undefined }
    | { readonly type: "columns"; readonly table: QualifiedName }
    | { readonly type: "stats"; readonly table: QualifiedName }
    | { readonly type: "indexes"; readonly table: QualifiedName | undefined }
    | { readonly type: "create_table"; readonly table: QualifiedName }
    | { readonly type: "setting"; readonly name: string };
}

export interface DescribeTable {
  readonly kind: "describe_table";
  readonly table: QualifiedName;
  readonly history: boolean;
}

export interface KillJob {
  readonly kind: "kill_job";
  readonly job: string;
  readonly position: number;
}

export interface KillLiveQuery {
  readonly kind: "kill_live_query";
  readonly id: string;
  readonly position: number;
}

/** `SUBSCRIBE TO …`. */
export interface SubscribeStatement {
  readonly kind: "subscribe";
  /** The SELECT that is meant. */
  readonly inner: ParsedStatement;
  /** What to send over a socket to get the rows. */
  readonly sql: string;
  /** ALL USERS. */
  readonly everybody: boolean;
  /** Only the users whose rows go to this storage. */
  readonly storage: string | undefined;
  /** Names in upper case, values as text. */
  readonly options: ReadonlyMap<string, string> | undefined;
}

/** STORAGE FLUSH and STORAGE COMPACT: moves what is hot to segments, merges segments. */
export interface StorageWork {
  readonly kind: "storage_flush" | "storage_compact";
  readonly target:
    | { readonly type: "table"; readonly table: QualifiedName }
    | { readonly type: "all"; readonly namespace: string | undefined };
}

export interface ClearCache {
  readonly kind: "clear_cache";
}
