import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import {
  connectionFlags,
  presentationFlags,
  readConnectionFlags,
  readPresentationFlags,
  storageFlags,
} from "../cli/command-flags.ts";

export default class Compact extends BaseCommand {
  static override summary = "Merge the files of cold storage";
  static override description =
    "Works in the background as jobs: 'kalam jobs' shows them. With --wait it shows how they ended; the exit status is 1 when one failed or was cancelled.";
  static override examples = [
    "<%= config.bin %> compact chat.messages --wait",
    "<%= config.bin %> compact --namespace chat",
    "<%= config.bin %> compact --all --wait --json",
  ];

  static override args = { table: Args.string({ ignoreStdin: true, description: "namespace.table" }) };

  static override flags = { ...connectionFlags, ...presentationFlags, ...storageFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Compact);
    const { runStorageCommand } = await import("../cli/jobs/storage-command.ts");
    const settings = {
      connection: await readConnectionFlags(flags),
      presentation: readPresentationFlags(flags),
      timeoutMs: flags.timeout * 1000,
      verbose: false,
    };
    const command = { table: args.table, all: flags.all, namespace: flags.namespace, wait: flags.wait };
    process.exitCode = await runStorageCommand("COMPACT", command, settings, (text) => this.note(text));
  }
}
