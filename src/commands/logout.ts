import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";

export default class Logout extends BaseCommand {
  static override summary = "Forget a stored login";
  static override examples = [
    "<%= config.bin %> logout",
    "<%= config.bin %> logout ci",
    "<%= config.bin %> logout --all",
  ];

  static override args = {
    profile: Args.string({ ignoreStdin: true, description: "Which login", default: "local" }),
  };

  static override flags = {
    all: Flags.boolean({ description: "Forget every stored login" }),
    yes: Flags.boolean({ char: "y", description: "Do not ask, even if a password is kept nowhere else" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Logout);
    const { logOut } = await import("../cli/connection/login.ts");
    this.note(await logOut(flags.all ? undefined : args.profile, flags.yes));
  }
}
