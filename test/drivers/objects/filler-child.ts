import { readdir, writeFile } from "node:fs/promises";
import { FilesystemStore } from "../../../src/drivers/objects/filesystem/filesystem-store.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";

/** Fills a storage on a small disk, makes room again, and prints one line of JSON. */
const [, , disk = "", scratch = ""] = process.argv;
const store = new FilesystemStore({ name: "small", base: disk, timeoutMillis: 60_000, runtime: createRuntime() });
await store.put("small", Buffer.from("1"));
const large = Buffer.alloc(8 * 1024 * 1024, 1);
await writeFile(`${scratch}/local`, large);
const failures: string[] = [];
for (const attempt of [() => store.put("large", large), () => store.take(`${scratch}/local`, "large")]) {
  await attempt().catch((error: unknown) => {
    failures.push(error instanceof KalamError ? error.key : String(error));
  });
}
const files = [...(await readdir(scratch)), ...(await readdir(disk))].filter((name) => name !== "disk").sort();
const block = Buffer.alloc(4096, 1);
const ballast: string[] = [];
for (let n = 0, full = false; !full; n++) {
  ballast.push(`ballast-${n}`);
  await store.put(`ballast-${n}`, block).catch(() => {
    full = true;
  });
}
const { status } = await store.check(false);
await store.delete(ballast);
const after = (await store.check(false)).status;
process.stdout.write(`${JSON.stringify({ failures, files, status, after })}\n`);
