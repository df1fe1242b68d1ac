import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { KalamError } from "../../../errors/index.ts";
import { ConditionFailed } from "../hot-store.ts";

/** Below this a failed write is taken for a full disk even where SQLite only says "I/O error". */
const NO_SPACE_BYTES = 64 * 1024;

/** Turns what SQLite and the file system report into what the hot-store interface promises. */
export async function translateFailure(error: unknown, path: string): Promise<Error> {
  if (error instanceof KalamError || error instanceof ConditionFailed) return error;
  const message = error instanceof Error ? error.message : String(error);
  const condition = /condition ([0-9A-F]*)$/.exec(message);
  if (condition) return new ConditionFailed(Buffer.from(condition[1] ?? "", "hex"));
  switch (codeOf(error)) {
    case "SQLITE_FULL":
    case "ENOSPC":
    case "EDQUOT":
      return new KalamError("storage_full", { what: "The hot store" }, { cause: error });
    case "SQLITE_CORRUPT":
    case "SQLITE_NOTADB":
      return new KalamError("data_corrupt", { path, reason: message }, { cause: error });
    case "SQLITE_IOERR":
      if (await diskIsFull(path)) return new KalamError("storage_full", { what: "The hot store" }, { cause: error });
      return new KalamError("storage_failed", { reason: message }, { cause: error });
    default:
      return new KalamError("storage_failed", { reason: message }, { cause: error });
  }
}

/** The disk is full or refused; SQLite has undone the statement. */
export function isWriteFailure(error: unknown): boolean {
  const code = codeOf(error);
  return code === "SQLITE_FULL" || code === "SQLITE_IOERR";
}

/** SQLite's code, or the system's. */
export function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

async function diskIsFull(path: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(dirname(path));
    return bavail * bsize < NO_SPACE_BYTES;
  } catch {
    return false;
  }
}
