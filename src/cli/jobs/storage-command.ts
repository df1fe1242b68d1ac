import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { openSession, type SessionSettings, withInterrupt } from "../open-session.ts";
import { runStorageWork, type StorageVerb, storageStatement } from "./storage-work.ts";

export interface StorageCommand {
  readonly table: string | undefined;
  readonly all: boolean;
  readonly namespace: string | undefined;
  readonly wait: boolean;
}

/** `kalam flush` and `kalam compact`. @returns the exit status */
export async function runStorageCommand(
  verb: StorageVerb,
  command: StorageCommand,
  settings: SessionSettings,
  note: (text: string) => void,
): Promise<number> {
  const { table, all, namespace, wait } = command;
  if (table === undefined && !all && namespace === undefined) {
    throw new CliError("Name a table, or give --namespace or --all", EXIT.usage);
  }
  if (table !== undefined && all) throw new CliError("Give either a table or --all", EXIT.usage);
  const session = await openSession(settings);
  return withInterrupt(async (signal) => {
    try {
      return await runStorageWork(session, storageStatement(verb, { table, namespace }), wait, signal, note);
    } catch (error) {
      if (!signal.aborted) throw error;
      note("Cancelled; jobs that were begun go on");
      return EXIT.interrupted;
    }
  });
}
