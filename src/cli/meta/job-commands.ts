import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { showJobs } from "../jobs/list.ts";
import { runStorageWork, storageStatement } from "../jobs/storage-work.ts";
import type { MetaCommand } from "./context.ts";

export const jobCommands: readonly MetaCommand[] = [
  {
    names: ["flush"],
    argument: "[table]",
    help: "move rows to cold storage, of a table or of all in the namespace, and wait for it",
    run: async ({ session, signal, note }, argument) => {
      const target = argument === "" ? { namespace: session.namespace } : { table: argument };
      const status = await runStorageWork(session, storageStatement("FLUSH", target), true, signal, note);
      if (status !== EXIT.ok) throw new CliError("Not all of it was flushed", status);
      return true;
    },
  },
  {
    names: ["jobs"],
    argument: "[status]",
    help: "list the server's jobs",
    run: async ({ session, signal }, argument) => {
      const statuses = argument === "" ? [] : argument.toLowerCase().split(/[\s,]+/);
      await showJobs(session, { statuses, type: undefined, limit: undefined }, signal);
      return true;
    },
  },
];
