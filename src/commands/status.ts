import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { connectionFlags, readConnectionFlags } from "../cli/command-flags.ts";

export default class Status extends BaseCommand {
  static override summary = "Say whether the server is there, and who is logged in";

  static override args = {
    connection: Args.string({ ignoreStdin: true, description: "kalam://user@host:port, or the name of a profile" }),
  };

  static override flags = {
    ...connectionFlags,
    json: Flags.boolean({ description: "As JSON", helpGroup: "OUTPUT" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Status);
    const { readStatus, statusText } = await import("../cli/connection/status.ts");
    const { noCredentials } = await import("../cli/connection/connect.ts");
    const connection = { ...(await readConnectionFlags(flags)), connection: args.connection };
    const status = await readStatus(connection, flags.timeout * 1000);
    process.stdout.write(`${flags.json ? JSON.stringify(status, null, 2) : statusText(status)}\n`);
    if (status.user === null) throw noCredentials({ user: connection.user, url: status.url });
  }
}
