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

const STATUSES = ["new", "queued", "running", "retrying", "completed", "failed", "cancelled", "skipped"] as const;

export default class Jobs extends BaseCommand {
  static override summary = "Show what the server does in the background, or end it";
  static override description =
    "Shows the jobs that you made, newest first; administrators see all. 'kalam jobs kill ID' ends a job that waits or runs.";
  static override usage = ["jobs [--status STATUS] [--type TYPE] [--watch]", "jobs kill ID..."];
  static override examples = [
    "<%= config.bin %> jobs --status running --status queued",
    "<%= config.bin %> jobs --watch",
    "<%= config.bin %> jobs kill FL-0123456789ab",
  ];
  static override strict = false;

  static override args = {
    action: Args.string({ ignoreStdin: true, description: "kill, followed by the ids of jobs", options: ["kill"] }),
  };

  static override flags = {
    ...connectionFlags,
    ...presentationFlags,
    status: Flags.option({
      options: STATUSES,
      multiple: true,
      multipleNonGreedy: true,
      description: "Only jobs in this state; may be given many times",
    })(),
    type: Flags.string({ description: "Only jobs of this type, such as flush" }),
    limit: Flags.integer({ description: "Only the newest so many", min: 1 }),
    watch: Flags.boolean({ char: "w", description: "Show them again when something has changed, until Ctrl-C" }),
    interval: Flags.integer({ description: "Seconds between two looks with --watch", default: 2, min: 1 }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Jobs);
    const ids = argv.slice(1).map(String);
    if (args.action === "kill" && ids.length === 0) throw new CliError("Name the jobs: kalam jobs kill ID", EXIT.usage);
    const [{ openSession, withInterrupt }, { showJobs, watchJobs }, { killJobs }] = await Promise.all([
      import("../cli/open-session.ts"),
      import("../cli/jobs/list.ts"),
      import("../cli/jobs/kill.ts"),
    ]);
    const session = await openSession({
      connection: await readConnectionFlags(flags),
      presentation: readPresentationFlags(flags),
      timeoutMs: flags.timeout * 1000,
      verbose: false,
    });
    const filter = { statuses: flags.status ?? [], type: flags.type, limit: flags.limit };
    await withInterrupt(async (signal) => {
      if (args.action === "kill") process.exitCode = await killJobs(session, ids, signal, (text) => this.note(text));
      else if (!flags.watch) await showJobs(session, filter, signal);
      else {
        // Ctrl-C is how one leaves.
        await watchJobs(session, filter, flags.interval * 1000, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      }
    });
  }
}
