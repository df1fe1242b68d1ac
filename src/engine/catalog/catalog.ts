import type { HotStore } from "../../drivers/hot/hot-store.ts";
import { KalamError } from "../../errors/index.ts";
import type { CommitPipeline } from "../rows/commit-pipeline.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { CATALOG_PREFIX, catalogKey, fromBuffer, toBuffer } from "../rows/store-keys.ts";
import type { WriteBatch } from "../rows/write-batch.ts";
import type {
  IndexDefinition,
  NamespaceDefinition,
  RetiredTable,
  StorageDefinition,
  TableDefinition,
  ViewDefinition,
} from "./definitions.ts";
import { FIRST_USER_TABLE_ID } from "./system-schemas.ts";
import { TableSchema } from "./table-schema.ts";

const SCAN_CHUNK = 1000;

/** What a DDL job may change; every call both stages the document and, once durable, changes the maps. */
export interface CatalogChanges {
  putNamespace(definition: NamespaceDefinition): void;
  dropNamespace(name: string): void;
  putTable(definition: TableDefinition): void;
  dropTable(schema: TableSchema): void;
  putView(definition: ViewDefinition): void;
  dropView(namespace: string, name: string): void;
  putStorage(definition: StorageDefinition): void;
  dropStorage(id: string): void;
  /** Remembers that files of a dropped table may be there, until `unretire`. */
  retire(table: RetiredTable): void;
  unretire(tableId: number): void;
  /** A table id that was never used before. */
  newTableId(): number;
}

/**
 * Everything that has a name: namespaces, tables, views, storages. All of it is in memory; the hot store keeps one document per
 * object. A change runs as an exclusive job of the commit pipeline, so no write ever sees half of it, and raises `version`, which
 * makes every plan that was made before worthless.
 */
export class Catalog {
  readonly #namespaces = new Map<string, NamespaceDefinition>();
  readonly #tables = new Map<string, TableSchema>();
  readonly #views = new Map<string, ViewDefinition>();
  /** By id in small letters. */
  readonly #storages = new Map<string, StorageDefinition>();
  readonly #retired = new Map<number, RetiredTable>();
  readonly #local: StorageDefinition;
  #nextTableId = FIRST_USER_TABLE_ID;
  #version = 0;

  private constructor(local: StorageDefinition) {
    this.#local = local;
    this.#setStorage(local);
  }

  /**
   * Reads all documents.
   *
   * @param local the storage that is always there; where its files are is not a matter of documents
   * @throws KalamError `data_corrupt`
   */
  static async load(store: HotStore, local: StorageDefinition): Promise<Catalog> {
    const catalog = new Catalog(local);
    const end = toBuffer(keySuccessor(CATALOG_PREFIX) as string);
    let start: Buffer = toBuffer(CATALOG_PREFIX);
    for (;;) {
      const entries = await store.scan({ start, end, limit: SCAN_CHUNK });
      for (const { key, value } of entries) catalog.#read(fromBuffer(key), value);
      const last = entries.at(-1);
      if (entries.length < SCAN_CHUNK || last === undefined) return catalog;
      start = Buffer.concat([last.key, Buffer.from([0])]);
    }
  }

  #read(key: string, value: Buffer): void {
    try {
      const document: unknown = JSON.parse(value.toString("utf8"));
      if (key === NEXT_ID_KEY) this.#nextTableId = document as number;
      else if (key.startsWith("cn")) this.#setNamespace(document as NamespaceDefinition);
      else if (key.startsWith("ct")) this.#setTable(new TableSchema(settled(document as TableDefinition)));
      else if (key.startsWith("cv")) this.#setView(document as ViewDefinition);
      else if (key.startsWith("cs")) this.#setStorage(document as StorageDefinition);
      else if (key.startsWith("cr")) this.#setRetired(document as RetiredTable);
      else throw new Error(`unknown document ${key}`);
    } catch (error) {
      throw new KalamError(
        "data_corrupt",
        { path: `catalog document ${key}`, reason: String(error) },
        { cause: error },
      );
    }
  }

  /** Grows with every change of any definition. */
  get version(): number {
    return this.#version;
  }

  namespace(name: string): NamespaceDefinition | undefined {
    return this.#namespaces.get(name);
  }

  table(namespace: string, name: string): TableSchema | undefined {
    return this.#tables.get(`${namespace}.${name}`);
  }

  tableById(id: number): TableSchema | undefined {
    for (const table of this.#tables.values()) if (table.definition.id === id) return table;
    return undefined;
  }

  /** Whether the table still is what this object says: not dropped, not altered since. */
  isCurrent(schema: TableSchema): boolean {
    return this.#tables.get(schema.fullName) === schema;
  }

  view(namespace: string, name: string): ViewDefinition | undefined {
    return this.#views.get(`${namespace}.${name}`);
  }

  indexNamed(
    namespace: string,
    name: string,
  ): { readonly table: TableSchema; readonly index: IndexDefinition } | undefined {
    for (const table of this.#tables.values()) {
      if (table.definition.namespace !== namespace) continue;
      const index = table.definition.indexes?.find((candidate) => candidate.name === name);
      if (index !== undefined) return { table, index };
    }
    return undefined;
  }

  /** Tables, views and indexes of a namespace share one set of names. */
  relationNamed(namespace: string, name: string): boolean {
    return (
      this.table(namespace, name) !== undefined ||
      this.view(namespace, name) !== undefined ||
      this.indexNamed(namespace, name) !== undefined ||
      this.#namesKey(namespace, name)
    );
  }

  /** A primary key is an index `table_pkey`. */
  #namesKey(namespace: string, name: string): boolean {
    const table = name.endsWith("_pkey") ? this.table(namespace, name.slice(0, -"_pkey".length)) : undefined;
    return table !== undefined && table.definition.primaryKey.length > 0;
  }

  storage(id: string): StorageDefinition | undefined {
    return this.#storages.get(id.toLowerCase());
  }

  /** Sorted by name. */
  namespaces(): readonly NamespaceDefinition[] {
    return sorted(this.#namespaces);
  }

  tables(): readonly TableSchema[] {
    return sorted(this.#tables);
  }

  tablesIn(namespace: string): readonly TableSchema[] {
    return this.tables().filter((table) => table.definition.namespace === namespace);
  }

  views(): readonly ViewDefinition[] {
    return sorted(this.#views);
  }

  viewsIn(namespace: string): readonly ViewDefinition[] {
    return this.views().filter((view) => view.namespace === namespace);
  }

  /** `local` first. */
  storages(): readonly StorageDefinition[] {
    const all = sorted(this.#storages);
    const isLocal = (storage: StorageDefinition): boolean => storage.id === this.#local.id;
    return [...all.filter(isLocal), ...all.filter((storage) => !isLocal(storage))];
  }

  /** Dropped tables whose files are still to be deleted. */
  retired(): readonly RetiredTable[] {
    return [...this.#retired.values()];
  }

  /**
   * Runs `work` when no other change is under way. It checks and stages; what it throws leaves everything as it was.
   * @returns what `work` returned, when the change is durable and visible
   */
  change<T>(
    pipeline: CommitPipeline,
    work: (changes: CatalogChanges, batch: WriteBatch) => T | Promise<T>,
  ): Promise<T> {
    return pipeline.submit({
      reads: [],
      exclusive: true,
      prepare: (batch) => {
        batch.onApplied(() => {
          this.#version++;
        });
        return work(this.#changes(batch), batch);
      },
    });
  }

  #changes(batch: WriteBatch): CatalogChanges {
    const put = (key: string, document: unknown, apply: () => void): void => {
      batch.putRaw(key, Buffer.from(JSON.stringify(document), "utf8"));
      batch.onApplied(apply);
    };
    const drop = (key: string, apply: () => void): void => {
      batch.deleteRaw(key);
      batch.onApplied(apply);
    };
    return {
      putNamespace: (definition) =>
        put(catalogKey("n", definition.name), definition, () => this.#setNamespace(definition)),
      dropNamespace: (name) => drop(catalogKey("n", name), () => this.#namespaces.delete(name)),
      putTable: (definition) => {
        const schema = new TableSchema(definition);
        put(catalogKey("t", schema.fullName), definition, () => this.#setTable(schema));
      },
      dropTable: (schema) => drop(catalogKey("t", schema.fullName), () => this.#tables.delete(schema.fullName)),
      putView: (definition) =>
        put(catalogKey("v", `${definition.namespace}.${definition.name}`), definition, () => this.#setView(definition)),
      dropView: (namespace, name) =>
        drop(catalogKey("v", `${namespace}.${name}`), () => this.#views.delete(`${namespace}.${name}`)),
      putStorage: (definition) =>
        put(catalogKey("s", definition.id.toLowerCase()), definition, () => this.#setStorage(definition)),
      dropStorage: (id) => drop(catalogKey("s", id.toLowerCase()), () => this.#storages.delete(id.toLowerCase())),
      retire: (table) => put(catalogKey("r", String(table.tableId)), table, () => this.#setRetired(table)),
      unretire: (tableId) => drop(catalogKey("r", String(tableId)), () => this.#retired.delete(tableId)),
      newTableId: () => {
        const id = this.#nextTableId;
        put(NEXT_ID_KEY, id + 1, () => {
          this.#nextTableId = id + 1;
        });
        return id;
      },
    };
  }

  #setNamespace(definition: NamespaceDefinition): void {
    this.#namespaces.set(definition.name, definition);
  }

  #setTable(schema: TableSchema): void {
    this.#tables.set(schema.fullName, schema);
  }

  #setStorage(definition: StorageDefinition): void {
    const { baseDirectory } = definition.id === this.#local.id ? this.#local : definition;
    this.#storages.set(definition.id.toLowerCase(), { ...definition, baseDirectory });
  }

  #setRetired(table: RetiredTable): void {
    this.#retired.set(table.tableId, table);
  }

  #setView(definition: ViewDefinition): void {
    this.#views.set(`${definition.namespace}.${definition.name}`, definition);
  }
}

/** Without what a statement was about to do when the server stopped. */
function settled(definition: TableDefinition): TableDefinition {
  const columns = definition.columns.map(({ becomesNotNull: _, ...column }) => column);
  return { ...definition, columns };
}

const NEXT_ID_KEY = "c#next_table_id";

function sorted<T>(map: ReadonlyMap<string, T>): readonly T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
