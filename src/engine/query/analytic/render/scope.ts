import { KalamError } from "../../../../errors/index.ts";
import type { ResultType } from "../../../types/column-type.ts";

/** A column that an expression can name. */
export interface ScopeColumn {
  readonly name: string;
  /** How DuckDB knows it: both parts are names of ours. */
  readonly sql: string;
  /** Undefined where only DuckDB knows. */
  readonly type: ResultType | undefined;
  /** Left out of `*`. */
  readonly hidden: boolean;
  readonly primaryKey: boolean;
  /** The relation of FROM that it comes from. */
  readonly item: ScopeItem | undefined;
  /** Marks the column as needed by the statement. */
  use(): void;
}

/** A table, sub-select, function or alias in FROM. */
export interface ScopeItem {
  readonly alias: string;
  readonly schema: string | undefined;
  columns: readonly ScopeColumn[];
  /** Key columns of a base relation, for functional dependencies in GROUP BY. */
  keyColumns: readonly ScopeColumn[];
}

/** A CTE in scope. */
export interface CommonTable {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly sql: string; readonly type: ResultType | undefined }[];
}

/** What names mean at one place of a statement. Scopes of outer queries are parents; so are those of CTEs around. */
export class Scope {
  readonly parent: Scope | undefined;
  readonly items: ScopeItem[] = [];
  /** What unqualified names and `*` mean, in order; columns merged by USING are here once. */
  readonly visible: ScopeColumn[] = [];
  /** Columns of this level that the query names anywhere. */
  readonly references = new Set<ScopeColumn>();
  readonly #tables = new Map<string, CommonTable>();

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  define(name: string, table: CommonTable): void {
    this.#tables.set(name, table);
  }

  commonTable(name: string): CommonTable | undefined {
    return this.#tables.get(name) ?? this.parent?.commonTable(name);
  }

  /** Knows the CTEs of another scope at the same level. */
  inherit(other: Scope): void {
    for (const [name, table] of other.#tables) this.#tables.set(name, table);
  }

  add(items: readonly ScopeItem[], visible: readonly ScopeColumn[]): void {
    this.items.push(...items);
    this.visible.push(...visible);
  }

  /** @throws undefined_column, ambiguous_column, missing_from_entry, placed. */
  column(path: readonly string[], position: number): ScopeColumn {
    const name = path.at(-1) ?? "";
    const found = path.length === 1 ? this.#unqualified(name, position) : this.#qualified(path, position);
    if (found === undefined) throw new KalamError("undefined_column", { column: path.join(".") }, { position });
    this.refer(found);
    return found;
  }

  /** Notes that the query needs a column. */
  refer(column: ScopeColumn): void {
    column.use();
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) scope.references.add(column);
  }

  /** The columns of `t.*`. */
  item(path: readonly string[], position: number): ScopeItem {
    const alias = path.at(-1) ?? "";
    const schema = path.at(-2);
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const matches = scope.items.filter(
        (item) => item.alias === alias && (schema === undefined || item.schema === schema),
      );
      if (matches.length > 1) throw new KalamError("ambiguous_column", { column: path.join(".") }, { position });
      if (matches[0] !== undefined) return matches[0];
    }
    throw new KalamError("missing_from_entry", { table: path.join(".") }, { position });
  }

  /** Is there a column of this name at this level, not counting outer queries? */
  local(name: string): ScopeColumn | undefined {
    return this.visible.find((column) => column.name === name);
  }

  #unqualified(name: string, position: number): ScopeColumn | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const matches = scope.visible.filter((column) => column.name === name);
      if (matches.length > 1) throw new KalamError("ambiguous_column", { column: name }, { position });
      if (matches[0] !== undefined) return matches[0];
    }
    return undefined;
  }

  #qualified(path: readonly string[], position: number): ScopeColumn | undefined {
    const item = this.item(path.slice(0, -1), position);
    const matches = item.columns.filter((column) => column.name === path.at(-1));
    if (matches.length > 1) throw new KalamError("ambiguous_column", { column: path.join(".") }, { position });
    return matches[0];
  }
}
