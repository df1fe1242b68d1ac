import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect } from "chai";
import { DataFolder } from "../../src/drivers/hot/data-folder.ts";
import { openHotStore } from "../../src/drivers/hot/open.ts";
import { decodeManifest } from "../../src/engine/cold/manifest-json.ts";
import { keySuccessor } from "../../src/engine/rows/key-codec.ts";
import { fromBuffer, toBuffer } from "../../src/engine/rows/store-keys.ts";

/**
 * Looks at everything that a closed database has outside of its hot store. Each segment is in a manifest and there; each
 * `manifest.json` is what the hot store has; there is nothing else.
 *
 * @param bases the folders of its storages by their ids, beside `local`
 */
export async function expectSoundFiles(dataDir: string, bases: Readonly<Record<string, string>> = {}): Promise<void> {
  const folders: Record<string, string> = { local: join(dataDir, "storage"), ...bases };
  const expected = new Map<string, string | undefined>();
  const filters: string[] = [];
  const entries = await entriesOf(dataDir);
  for (const [key, value] of entries) {
    if (!key.startsWith("s")) continue;
    const manifest = decodeManifest(value);
    const folder = join(folders[manifest.storageId] ?? "?", manifest.folder);
    expected.set(join(folder, "manifest.json"), value.toString());
    for (const { path } of manifest.segments) {
      expected.set(join(folder, path), undefined);
      filters.push(`k${key.slice(1)}${path}`);
    }
  }
  const found = new Map<string, string | undefined>();
  for (const base of Object.values(folders)) {
    for (const file of await filesBelow(base)) {
      found.set(file, file.endsWith("manifest.json") ? await readFile(file, "utf8") : undefined);
    }
  }
  const listed = (map: ReadonlyMap<string, unknown>) => [...map.keys()].map((file) => relative(dataDir, file)).sort();
  expect(listed(found), "files").to.deep.equal(listed(expected));
  for (const [file, text] of expected) expect(found.get(file), file).to.equal(text);
  const keys = [...entries.keys()];
  expect(keys.filter((key) => key.startsWith("k")).sort(), "key filters").to.deep.equal(filters.sort());
  expect(
    keys.filter((key) => key.startsWith("f")),
    "files in the ledger",
  ).to.deep.equal([]);
  expect(
    keys.filter((key) => key.startsWith("x")),
    "stale manifests",
  ).to.deep.equal([]);
  expect(await filesBelow(join(dataDir, "tmp")), "temporary files").to.deep.equal([]);
}

/** What the hot store of a closed database has of manifests, key filters and lists of files. */
async function entriesOf(dataDir: string): Promise<ReadonlyMap<string, Buffer>> {
  const folder = await DataFolder.open(dataDir);
  const store = await openHotStore({ driver: "sqlite", dataDir: folder.path });
  try {
    const found = new Map<string, Buffer>();
    for (const kind of ["s", "k", "f", "x"]) {
      const range = { start: toBuffer(kind), end: toBuffer(keySuccessor(kind) as string), limit: 100_000 };
      for (const { key, value } of await store.scan(range)) found.set(fromBuffer(key), value);
    }
    return found;
  } finally {
    await store.close();
    await folder.close();
  }
}

/** All files below a folder; none when it is not there. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
