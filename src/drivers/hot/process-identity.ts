import { readFile } from "node:fs/promises";

/**
 * Tells one run of a process from a later process with the same number: boot id and start time, where `/proc` has them.
 *
 * @returns `undefined` when there is no such process, `""` when it lives but the system does not tell more.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "latin1")).trim();
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    // The second field is the name in parentheses and may hold anything; the start time is the 20th after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : `${boot}:${fields[19] ?? ""}`;
  } catch {
    return isAlive(pid) ? "" : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
