import { runServer } from "../../src/server/run-server.ts";
import { napKind } from "./nap-job.ts";

/** `kalam serve` on a folder, with jobs that sleep. */
const failure = await runServer({
  file: undefined,
  flags: { "storage.data_path": process.argv[2], "server.port": "0" },
  resetRootPassword: false,
  jobKinds: [napKind],
  savePassword: () => Promise.reject(new Error("nobody needs it here")),
});
if (failure !== undefined) throw new Error(failure.message);
