import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { CliError } from "../cli/cli-error.ts";
import {
  connectionFlags,
  presentationFlags,
  readConnectionFlags,
  readPresentationFlags,
} from "../cli/command-flags.ts";
import { EXIT } from "../cli/exit-codes.ts";
import type { ScriptSource } from "../cli/sql-program.ts";

export default class Sql extends BaseCommand {
  static override summary = "Run SQL: interactively, from arguments, files or standard input";
  static override description =
    "Without -c and -f it opens a prompt on a terminal, and otherwise reads a script from standard input. `kalam` alone means `kalam sql`.";
  static override examples = [
    "<%= config.bin %>",
    '<%= config.bin %> -c "SELECT count(*) FROM chat.messages"',
    "<%= config.bin %> --file schema.sql --file data.sql",
    "<%= config.bin %> kalam://alice@db.example.com:8080/chat --csv < report.sql > report.csv",
  ];

  static override args = {
    connection: Args.string({
      ignoreStdin: true,
      description:
        "kalam://user@host:port/namespace, host:port, the name of a profile, or - for a script on standard input",
    }),
  };

  static override flags = {
    ...connectionFlags,
    ...presentationFlags,
    namespace: Flags.string({ char: "n", description: "Namespace for names without one", helpGroup: "CONNECTION" }),
    command: Flags.string({ char: "c", description: "Run this text", multiple: true, multipleNonGreedy: true }),
    file: Flags.string({
      char: "f",
      description: "Run this file; - is standard input",
      multiple: true,
      multipleNonGreedy: true,
    }),
    "continue-on-error": Flags.boolean({ description: "Go on after a statement that fails" }),
    verbose: Flags.boolean({ char: "v", description: "Say on standard error what is connected to" }),
  };

  async run(): Promise<void> {
    const { args, flags, raw } = await this.parse(Sql);
    const fromStdin = args.connection === "-";
    // -c and -f run in the order in which they stand.
    const scripts: ScriptSource[] = raw.flatMap((token): ScriptSource[] => {
      if (token.type !== "flag") return [];
      if (token.flag === "command") return [{ command: token.input }];
      return token.flag === "file" ? [{ file: token.input }] : [];
    });
    if (fromStdin) scripts.push({ file: "-" });
    if (flags["password-stdin"] && scripts.every((script) => "file" in script && script.file === "-")) {
      throw new CliError("--password-stdin and a script cannot both come from standard input", EXIT.usage);
    }
    const { runSqlProgram } = await import("../cli/sql-program.ts");
    process.exitCode = await runSqlProgram({
      connection: { ...(await readConnectionFlags(flags)), connection: fromStdin ? undefined : args.connection },
      presentation: readPresentationFlags(flags),
      scripts,
      continueOnError: flags["continue-on-error"],
      timeoutMs: flags.timeout * 1000,
      verbose: flags.verbose,
    });
  }
}
