import { KalamError } from "../../../errors/index.ts";
import { Connection } from "./connection.ts";
import { hasCode } from "./failures.ts";

/**
 * Keeps a second process away from the store by a lock of the kernel, which ends with the process that holds it. It also
 * holds where process numbers say nothing: between containers that share a volume.
 *
 * The lock is SQLite's own, on an empty database beside the store, because the store's file is shared by the connections
 * of this process.
 */
export async function takeFileLock(storePath: string): Promise<Connection> {
  const connection = await Connection.open(`${storePath}.lock`, "create");
  try {
    await connection.execute(
      "PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE",
    );
    return connection;
  } catch (error) {
    await connection.close();
    if (!hasCode(error, "SQLITE_BUSY")) throw error;
    throw new KalamError("data_locked", { path: storePath, pid: "that is not visible from here" }, { cause: error });
  }
}
