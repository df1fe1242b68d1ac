import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { CliError } from "../cli/cli-error.ts";
import { EXIT } from "../cli/exit-codes.ts";

export default class Serve extends BaseCommand {
  static override summary = "Start a server";
  static override description =
    "Reads server.toml in the current folder when there is one. Flags win over KALAMDB_* environment variables, and these over the file; docs/configuration.md lists them. On the first start a password for root is made, shown once and kept for this machine's own 'kalam' commands, unless KALAMDB_ROOT_PASSWORD gives one.";
  static override examples = [
    "<%= config.bin %> serve",
    "<%= config.bin %> serve --port 9000 --data-dir /var/lib/kalamdb",
    "<%= config.bin %> serve --driver memory",
    "<%= config.bin %> serve --reset-root-password",
  ];

  static override flags = {
    config: Flags.string({ char: "c", description: "TOML file", helpValue: "FILE" }),
    host: Flags.string({ description: "Address to listen on", helpValue: "H" }),
    port: Flags.string({ char: "p", description: "Port to listen on", helpValue: "P" }),
    "data-dir": Flags.string({ char: "d", description: "Folder of the database", helpValue: "DIR" }),
    driver: Flags.string({ description: "Where fresh rows are kept: sqlite or memory", helpValue: "NAME" }),
    "reset-root-password": Flags.boolean({
      description: "Give root a new password: the one of KALAMDB_ROOT_PASSWORD, or one that is made and shown once",
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    const { runServer } = await import("../server/run-server.ts");
    const { saveLocalCredentials } = await import("../cli/credentials-file.ts");
    const failure = await runServer({
      file: flags.config,
      flags: {
        "server.host": flags.host,
        "server.port": flags.port,
        "storage.data_path": flags["data-dir"],
        "hot_store.driver": flags.driver,
      },
      resetRootPassword: flags["reset-root-password"],
      savePassword: saveLocalCredentials,
    });
    if (failure === undefined) return;
    throw new CliError(`Error: ${failure.message}`, failure.usage ? EXIT.usage : EXIT.statement, failure.remedy);
  }
}
