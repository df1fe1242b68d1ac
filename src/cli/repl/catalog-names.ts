import type { KalamDBClient, RowData } from "../../client/index.ts";

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
const COLUMNS = `SELECT table_schema, table_name, column_name FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position LIMIT ${MOST_COLUMNS}`;
/** Their columns are not among the others. */
const VIEWS = `SELECT table_schema, table_name FROM information_schema.views ORDER BY table_schema, table_name LIMIT ${MOST_COLUMNS}`;

/** The names, read once and again after a change. A server that does not tell them means no completion, not an error. */
export class NameCache {
  readonly #client: KalamDBClient;
  #names: Promise<CatalogNames> | undefined;

  constructor(client: KalamDBClient) {
    this.#client = client;
  }

  get(): Promise<CatalogNames> {
    this.#names ??= Promise.all([this.#ask(COLUMNS), this.#ask(VIEWS)]).then(collect, () => NO_NAMES);
    return this.#names;
  }

  forget(): void {
    this.#names = undefined;
  }

  #ask(sql: string): Promise<readonly RowData[]> {
    return this.#client.queryAll(sql, [], { timeoutMs: 5000 });
  }
}

function collect([columnRows, viewRows]: readonly [readonly RowData[], readonly RowData[]]): CatalogNames {
  const tables = new Map<string, Set<string>>();
  const columns = new Map<string, string[]>();
  const addTable = (namespace: string, table: string) =>
    tables.set(namespace, (tables.get(namespace) ?? new Set()).add(table));
  for (const { table_schema, table_name } of viewRows) addTable(String(table_schema), String(table_name));
  for (const { table_schema, table_name, column_name } of columnRows) {
    const [namespace, table, column] = [String(table_schema), String(table_name), String(column_name)];
    addTable(namespace, table);
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
