import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import {
  connectionFlags,
  presentationFlags,
  readConnectionFlags,
  readPresentationFlags,
} from "../cli/command-flags.ts";

export default class Describe extends BaseCommand {
  static override summary = "Show the columns of a table";
  static override examples = [
    "<%= config.bin %> describe chat.messages",
    "<%= config.bin %> describe messages -n chat --json",
  ];

  static override args = {
    table: Args.string({ ignoreStdin: true, required: true, description: "namespace.table" }),
  };

  static override flags = {
    ...connectionFlags,
    ...presentationFlags,
    namespace: Flags.string({ char: "n", description: "Namespace for names without one", helpGroup: "CONNECTION" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Describe);
    const { runSqlProgram } = await import("../cli/sql-program.ts");
    process.exitCode = await runSqlProgram({
      connection: await readConnectionFlags(flags),
      presentation: readPresentationFlags(flags),
      scripts: [{ command: `\\d ${args.table}` }],
      continueOnError: false,
      timeoutMs: flags.timeout * 1000,
      verbose: false,
    });
  }
}
