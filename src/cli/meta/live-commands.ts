import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../live/follow.ts";
import type { MetaCommand } from "./context.ts";

export const liveCommands: readonly MetaCommand[] = [
  {
    names: ["live"],
    argument: "select",
    help: "follow the rows of a query until Ctrl-C",
    run: async ({ session, signal, note }, argument) => {
      if (argument === "")
        throw new CliError("What shall be followed? \\live SELECT * FROM namespace.table", EXIT.usage);
      note("Ctrl-C ends it.");
      const json = session.presentation.format === "json" || session.presentation.format === "ndjson";
      await follow(session, argument, { subscription: {}, json }, signal, note);
      return true;
    },
  },
];
