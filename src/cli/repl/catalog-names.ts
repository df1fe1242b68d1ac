import type { KalamDBClient, NamedRow } from "../../client/index.ts";

/** Names that exist on the server, for completion. */
export interface CatalogNames {
  readonly namespaces: readonly string[];
  /** By namespace. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  /** By `namespace.table`. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
}

export const NO_NAMES: CatalogNames = { namespaces: [], tables: new Map(), columns: new Map() };

/** More names than this would help nobody and cost memory. */
const MOST_COLUMNS = 20_000;
const QUERY = `SELECT table_schema, table_name, column_name FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position LIMIT ${MOST_COLUMNS}`;

/** The names, read once and again after a change. A server that does not tell them means no completion, not an error. */
export class NameCache {
  readonly #client: KalamDBClient;
  #names: Promise<CatalogNames> | undefined;

  constructor(client: KalamDBClient) {
    this.#client = client;
  }

  get(): Promise<CatalogNames> {
    this.#names ??= this.#client.queryAll(QUERY, [], { timeoutMs: 5000 }).then(collect, () => NO_NAMES);
    return this.#names;
  }

  forget(): void {
    this.#names = undefined;
  }
}

function collect(rows: readonly NamedRow[]): CatalogNames {
  const tables = new Map<string, Set<string>>();
  const columns = new Map<string, string[]>();
  for (const { table_schema, table_name, column_name } of rows) {
    const [namespace, table, column] = [String(table_schema), String(table_name), String(column_name)];
    tables.set(namespace, (tables.get(namespace) ?? new Set()).add(table));
    const key = `${namespace}.${table}`;
    const list = columns.get(key);
    if (list === undefined) columns.set(key, [column]);
    else list.push(column);
  }
  return {
    namespaces: [...tables.keys()],
    tables: new Map([...tables].map(([namespace, names]) => [namespace, [...names]])),
    columns,
  };
}
