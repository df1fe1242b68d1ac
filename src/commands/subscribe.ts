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

const WHOLE = /^\d{1,19}$/;

export default class Subscribe extends BaseCommand {
  static override summary = "Follow the rows of a query as they come, change and go";
  static override description =
    "Shows the rows that are there, then every change, until Ctrl-C. A lost connection is made again and nothing is missed. Where the output is no terminal, every line is a JSON object.";
  static override examples = [
    "<%= config.bin %> subscribe \"SELECT * FROM chat.messages WHERE role = 'user'\" --last 20",
    '<%= config.bin %> subscribe "SELECT id, body FROM chat.messages" --json | jq .row.body',
    '<%= config.bin %> subscribe "SELECT * FROM chat.messages" --from 382517637281746945',
  ];

  static override args = {
    sql: Args.string({
      ignoreStdin: true,
      required: true,
      description: "SELECT over one table, with a WHERE if need be; or SUBSCRIBE TO …",
    }),
  };

  static override flags = {
    ...connectionFlags,
    json: Flags.boolean({
      description: "One JSON object per line; the default where the output is no terminal",
      allowNo: true,
      helpGroup: "OUTPUT",
    }),
    "no-color": presentationFlags["no-color"],
    last: Flags.integer({ description: "Begin with the newest so many rows; 0 with none", min: 0 }),
    from: Flags.string({ description: "Begin behind this _seq, exclusive of it", exclusive: ["last"] }),
    batch: Flags.integer({ description: "First rows that come at once", min: 1 }),
    count: Flags.integer({ description: "End after so many rows and changes", min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Subscribe);
    const { from, last, batch } = flags;
    if (from !== undefined && !WHOLE.test(from)) {
      throw new CliError(`--from needs a _seq, which is a whole number: ${from}`, EXIT.usage);
    }
    const [{ openSession, withInterrupt }, { follow }] = await Promise.all([
      import("../cli/open-session.ts"),
      import("../cli/live/follow.ts"),
    ]);
    const session = await openSession({
      connection: await readConnectionFlags(flags),
      presentation: readPresentationFlags({
        ...flags,
        format: undefined,
        json: false,
        csv: false,
        timing: false,
        expanded: false,
        quiet: false,
      }),
      timeoutMs: flags.timeout * 1000,
      verbose: false,
    });
    const options = {
      subscription: {
        ...(from === undefined ? {} : { from }),
        ...(last === undefined ? {} : { last_rows: last }),
        ...(batch === undefined ? {} : { batch_size: batch }),
      },
      json: flags.json ?? process.stdout.isTTY !== true,
      count: flags.count,
    };
    // Ctrl-C is how one leaves.
    await withInterrupt((signal) => follow(session, args.sql, options, signal, (text) => this.note(text)));
  }
}
