import { createRequire } from "node:module";
import { openHotStore } from "../../src/drivers/hot/open.ts";
import { toKalamError } from "../../src/errors/index.ts";

/** Opens stores where no native module can be found. Prints one line of JSON. */
createRequire(import.meta.url).extensions[".node"] = () => {
  throw new Error("could not find it");
};
const dataDir = process.argv[2] ?? "";
const memory = await openHotStore({ driver: "memory", dataDir });
await memory.close();
const error = await openHotStore({ driver: "sqlite", dataDir }).then(() => undefined, toKalamError);
process.stdout.write(`${JSON.stringify({ key: error?.key, message: error?.message, hint: error?.hint })}\n`);
