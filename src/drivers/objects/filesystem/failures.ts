import { KalamError } from "../../../errors/index.ts";

/** The code of a failed system call, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof KalamError) return undefined;
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Whether a call failed because a file or a folder is not there. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** @param action what was tried, such as "write app/t/batch-0.parquet" */
export function explainFailure(error: unknown, storage: string, action: string): KalamError {
  if (error instanceof KalamError) return error;
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new KalamError("storage_full", { what: `Storage '${storage}'` }, { cause: error });
  }
  // System messages hold absolute paths, which are nobody's business who only asked for rows.
  const why = code ?? (error instanceof Error ? error.message : String(error));
  return new KalamError("storage_unavailable", { storage, reason: `cannot ${action} (${why})` }, { cause: error });
}
