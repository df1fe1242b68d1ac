import { link, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { KalamError } from "../../errors/index.ts";
import { processIdentity } from "./process-identity.ts";

interface Holder {
  readonly pid: number;
  readonly identity: string;
}

const ATTEMPTS = 64;
const NAME = /^lock-(\d{1,15})$/;
let claims = 0;

/**
 * Which process uses a data folder: the newest of the files `lock-1`, `lock-2`, …
 *
 *     lock-4   free, or its process is gone      ─link─▶  lock-5   ours: `link` lets only one make it
 *
 * A lock is never taken away from anybody: whoever finds the newest one unused makes the next number, which only one can, and
 * then looks again whether a newer one has come meanwhile. The newest file always stays, so numbers never repeat, and a slow
 * process that decided on an old state finds its number taken or surpassed.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #number: number;
  #released = false;

  private constructor(folder: string, number: number) {
    this.#folder = folder;
    this.#number = number;
  }

  /** @throws KalamError `data_locked` with the process that holds the folder. */
  static async take(folder: string): Promise<FolderLock> {
    const claimPath = join(folder, `claim-${process.pid}-${++claims}`);
    const claim = JSON.stringify({ pid: process.pid, identity: (await processIdentity(process.pid)) ?? "" });
    try {
      await writeFile(claimPath, claim, { mode: 0o600, flush: true });
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const newest = await newestLock(folder);
        if (newest > 0) await requireUnused(folder, newest, claimPath);
        if (!(await linkNew(claimPath, lockPath(folder, newest + 1)))) continue;
        if ((await newestLock(folder)) > newest + 1) {
          await rm(lockPath(folder, newest + 1), { force: true });
          continue;
        }
        await removeOlder(folder, newest + 1);
        return new FolderLock(folder, newest + 1);
      }
    } finally {
      await rm(claimPath, { force: true });
    }
    throw new KalamError("data_locked", { path: folder, pid: "that is starting" });
  }

  /** Lets the next one have the folder. Idempotent. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await writeFile(lockPath(this.#folder, this.#number), FREE, { mode: 0o600 });
  }
}

/** What a lock says that nobody holds. */
const FREE = "free\n";

function lockPath(folder: string, number: number): string {
  return join(folder, `lock-${number}`);
}

/** The greatest number of a lock, 0 when there is none. */
async function newestLock(folder: string): Promise<number> {
  const numbers = (await readdir(folder)).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

async function removeOlder(folder: string, number: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const other = Number(NAME.exec(name)?.[1] ?? number);
    if (other < number) await rm(join(folder, name), { force: true });
  }
}

async function requireUnused(folder: string, number: number, claimPath: string): Promise<void> {
  const path = lockPath(folder, number);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return FREE;
    throw error;
  });
  const holder = parseHolder(text);
  if (holder !== undefined && (await holds(holder, path, claimPath))) {
    throw new KalamError("data_locked", { path: folder, pid: holder.pid });
  }
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

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
