import { isAbsolute, relative, resolve, sep } from "node:path";
import { isOwnPart } from "../../drivers/hot/data-folder.ts";
import { KalamError } from "../../errors/index.ts";
import type { StorageDefinition } from "../catalog/definitions.ts";

/**
 * A storage has its base folder for itself: files of two storages, or of a storage and the server, must not meet.
 *
 * @param base absolute
 * @param dataFolder absolute; undefined where there is none
 * @throws KalamError `invalid_option`
 */
export function checkBaseDirectory(
  base: string,
  storages: readonly StorageDefinition[],
  dataFolder: string | undefined,
): void {
  const refuse = (other: string): never => {
    const reason = `The folder '${base}' cannot be a storage: it is, lies in, or holds ${other}`;
    throw new KalamError("invalid_option", { reason });
  };
  for (const storage of storages) {
    const other = resolve(storage.baseDirectory);
    if (isWithin(base, other) || isWithin(other, base)) refuse(`the folder of storage '${storage.id}'`);
  }
  if (dataFolder === undefined) return;
  if (isWithin(dataFolder, base)) refuse("the data folder of the server");
  if (isWithin(base, dataFolder) && isOwnPart(relative(dataFolder, base).split(sep)[0] ?? "")) {
    refuse("a part of the data folder that the server uses itself");
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
