import { FilesystemStore } from "../../../src/drivers/objects/filesystem/filesystem-store.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";

/** Writes two objects again and again until it is killed; prints how often it did. */
const base = process.argv[2] ?? "";
const store = new FilesystemStore({ name: "local", base, timeoutMillis: 60_000, runtime: createRuntime() });
for (let n = 1; ; n++) {
  const bytes = Buffer.alloc(400_000, `${n % 10}`);
  await Promise.all([store.put("a/x", bytes), store.put("a/y", bytes)]);
  process.stdout.write(`${n}\n`);
}
