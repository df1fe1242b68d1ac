import { readdir, readFile } from "node:fs/promises";

const MIB = 1024 * 1024;

async function statusKiB(pid: number, file: "status" | "smaps_rollup", field: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/${file}`, "utf8");
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text);
  return Number(match?.[1] ?? 0);
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(afterName[1]) === parent) found.push(pid);
  }
  return found;
}

/** Resident memory of a process and its children, in MiB. Linux only. */
export async function residentMemory(pid: number): Promise<number> {
  let kib = 0;
  for (const each of [pid, ...(await childrenOf(pid))]) kib += await statusKiB(each, "status", "VmRSS");
  return (kib * 1024) / MIB;
}

/** The most that a process alone ever held, in MiB. */
export async function peakMemory(pid: number): Promise<number> {
  return ((await statusKiB(pid, "status", "VmHWM")) * 1024) / MIB;
}

/** Memory of a family of processes that share pages: each shared page counts once (PSS), in MiB. */
export async function sharedMemory(pid: number): Promise<number> {
  let kib = 0;
  for (const each of [pid, ...(await childrenOf(pid))]) kib += await statusKiB(each, "smaps_rollup", "Pss");
  return (kib * 1024) / MIB;
}
