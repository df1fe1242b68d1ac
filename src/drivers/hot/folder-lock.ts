import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { KalamError } from "../../errors/index.ts";
import { processIdentity } from "./process-identity.ts";

interface Holder {
  readonly pid: number;
  readonly identity: string;
}

const ATTEMPTS = 8;
let claims = 0;

/**
 * The file `lock` in a data folder: which process uses it.
 *
 *     claim ──link──▶ lock                      nobody had it
 *     lock ──rename──▶ aside, then link again   its process is gone
 *
 * `link` fails when the name exists, so of several claims one wins. A lock that is put aside is read again: if it is not the
 * one found dead, another process was quicker, and its lock is put back.
 */
export class FolderLock {
  readonly #path: string;
  readonly #claim: string;

  private constructor(path: string, claim: string) {
    this.#path = path;
    this.#claim = claim;
  }

  /** @throws KalamError `data_locked` with the process that holds the folder. */
  static async take(folder: string): Promise<FolderLock> {
    const path = join(folder, "lock");
    const claimPath = `${path}.${process.pid}.${++claims}`;
    const claim = JSON.stringify({ pid: process.pid, identity: (await processIdentity(process.pid)) ?? "" });
    try {
      await writeFile(claimPath, claim, { mode: 0o600, flush: true });
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await linkNew(claimPath, path)) return new FolderLock(path, claim);
        await removeStale(folder, path, claimPath);
      }
    } finally {
      await rm(claimPath, { force: true });
    }
    throw new KalamError("data_locked", { path: folder, pid: "that is starting" });
  }

  /** Does nothing when the lock is no longer ours. */
  async release(): Promise<void> {
    const found = await readText(this.#path);
    if (found === this.#claim) await rm(this.#path, { force: true });
  }
}

async function removeStale(folder: string, path: string, claimPath: string): Promise<void> {
  const found = await readText(path);
  if (found === undefined) return;
  const holder = parseHolder(found);
  if (holder && (await holds(holder, path, claimPath))) {
    throw new KalamError("data_locked", { path: folder, pid: holder.pid });
  }
  const aside = `${claimPath}.stale`;
  if (!(await renameThere(path, aside))) return;
  if ((await readText(aside)) !== found) await linkNew(aside, path);
  await rm(aside, { force: true });
}

async function holds(holder: Holder, path: string, claimPath: string): Promise<boolean> {
  const identity = await processIdentity(holder.pid);
  if (identity === undefined) return false;
  if (identity !== "" && holder.identity !== "") return identity === holder.identity;
  // Without start times: a lock from before the machine started belongs to nobody. The claim's own time is "now".
  const [lock, claim] = await Promise.all([stat(path).catch(() => undefined), stat(claimPath)]);
  return lock === undefined || lock.mtimeMs > claim.mtimeMs - uptime() * 1000;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value) || !("identity" in value)) return undefined;
    const { pid, identity } = value;
    return Number.isInteger(pid) && Number(pid) > 0 ? { pid: Number(pid), identity: String(identity) } : undefined;
  } catch {
    return undefined;
  }
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function renameThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
