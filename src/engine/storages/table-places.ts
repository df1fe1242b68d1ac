import type { Catalog } from "../catalog/catalog.ts";
import type { Place, RetiredTable, StorageDefinition, TableDefinition } from "../catalog/definitions.ts";
import { compileTemplate, type PathTemplate, type TemplateKind } from "./path-template.ts";

/** The template that says where new files of tables of a kind go. */
export function templateOf(storage: StorageDefinition, kind: TemplateKind): PathTemplate {
  return compileTemplate(kind === "user" ? storage.userTablesTemplate : storage.sharedTablesTemplate, kind);
}

/** All templates that a storage has, or had: files are where the template of their time said. */
export function everyTemplate(storage: StorageDefinition): readonly PathTemplate[] {
  return [storage.sharedTablesTemplate, storage.userTablesTemplate, ...storage.formerTemplates].map((text) =>
    compileTemplate(text, text.includes("{userId}") ? "user" : "shared"),
  );
}

/** What the table's folders are called; survives renaming. */
export function folderNameOf(table: Pick<TableDefinition, "name" | "folderName">): string {
  return table.folderName ?? table.name;
}

/** The storages that can have files of a table. */
export function storagesOf(catalog: Catalog, table: TableDefinition): readonly string[] {
  const ids = new Set([table.storageId, ...(table.formerStorageIds ?? [])]);
  if (table.useUserStorage) for (const { id } of catalog.storages()) ids.add(id);
  return [...ids];
}

/**
 * A name for a new table's folders that no other table of the namespace has: usually its own, unless a table that was renamed
 * still has that, or files of one that was dropped are still there.
 *
 * @returns undefined for the table's own name
 */
export function freeFolderName(
  catalog: Catalog,
  table: Pick<TableDefinition, "id" | "namespace" | "name">,
): string | undefined {
  const { id, namespace, name } = table;
  const taken =
    catalog.tablesIn(namespace).some(({ definition }) => folderNameOf(definition) === name) ||
    catalog.retired().some((retired) => retired.namespace === namespace && retired.folderName === name);
  return taken ? `${name}~${id}` : undefined;
}

/** What is to be cleaned up when a table is dropped; undefined where there never were files. */
export function retirementOf(catalog: Catalog, table: TableDefinition): RetiredTable | undefined {
  if (table.kind === "stream") return undefined;
  const { id: tableId, namespace, name } = table;
  const folderName = folderNameOf(table);
  const kind = table.kind;
  const places: Place[] = storagesOf(catalog, table).flatMap((storageId) => {
    const storage = catalog.storage(storageId);
    if (storage === undefined) return [];
    const templates = everyTemplate(storage).filter((template) => template.kind === kind);
    const folders = new Set(templates.map((template) => template.tableFolder({ namespace, tableName: folderName })));
    return [...folders].map((folder) => ({ storageId, folder }));
  });
  return { tableId, namespace, name, folderName, places };
}
