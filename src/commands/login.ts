import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { connectionFlags, readConnectionFlags } from "../cli/command-flags.ts";

export default class Login extends BaseCommand {
  static override summary = "Log in and keep the tokens for later commands";
  static override description =
    "Asks for what is missing on a terminal. The password itself is not kept. Later commands find the login by the server's URL, or by --profile.";
  static override examples = [
    "<%= config.bin %> login http://localhost:8080 --user alice",
    "<%= config.bin %> login --url https://db.example.com --user ci --password-stdin --profile ci < password.txt",
  ];

  static override args = {
    connection: Args.string({ ignoreStdin: true, description: "kalam://user@host:port or a URL" }),
  };

  static override flags = { ...connectionFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Login);
    const { logIn } = await import("../cli/connection/login.ts");
    this.note(await logIn({ ...(await readConnectionFlags(flags)), connection: args.connection }));
  }
}
