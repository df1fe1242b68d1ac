import { FilesystemStore } from "../../../src/drivers/objects/filesystem/filesystem-store.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";

/** Tries a storage that cannot be written and prints one line of JSON. */
const base = process.argv[2] ?? "";
const store = new FilesystemStore({ name: "local", base, timeoutMillis: 60_000, runtime: createRuntime() });
const { status, readable, writable, listable, deletable, error } = await store.check(false);
const health = { status, readable, writable, listable, deletable, error };
const content = (await store.get("x"))?.toString();
process.stdout.write(`${JSON.stringify({ error, health, content })}\n`);
