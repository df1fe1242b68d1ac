import { Command, Errors } from "@oclif/core";
import { ClientError } from "../client/index.ts";
import { KalamError } from "../errors/index.ts";
import { CliError, exitCodeOf } from "./cli-error.ts";
import { reportError } from "./error-report.ts";
import { EXIT } from "./exit-codes.ts";
import { adviceFor } from "./psql-flags.ts";

/** What all commands share: how they end. */
export abstract class BaseCommand extends Command {
  protected override async init(): Promise<void> {
    await super.init();
    // A reader such as `head` that has seen enough is no error.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(EXIT.ok);
    });
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<void> {
    if (error instanceof CliError || error instanceof ClientError || error instanceof KalamError) {
      this.note(reportError(error));
      process.exitCode = exitCodeOf(error);
      return;
    }
    if (error instanceof Errors.CLIError) {
      const advice = "flags" in error && Array.isArray(error.flags) ? adviceFor(error.flags.map(String)) : undefined;
      if (advice === undefined) throw error;
      this.note(`${error.message}\nHINT: ${advice}`);
      process.exitCode = EXIT.usage;
      return;
    }
    await super.catch(error);
  }

  /** Something for a person; standard output is for data. */
  protected note(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}
