import { parseArgs } from "node:util";

export const HELP = `Measures KalamDB beside its peers and prints the ratios.

  npm run bench -- [options]

  --quick          short rounds, to see that everything works
  --only NAME      only this subject; may be given more than once
  --rounds N       rounds of each measurement; the median counts   (3, quick 2)
  --seconds S      length of a round                               (4, quick 1)
  --save           also write docs/performance.json and docs/performance.md
  --launcher FILE  the server to measure                           (bin/run.js of this checkout)
  --dir DIR        where data goes; not a memory file system       (the system's temporary folder)
  --list           the subjects
`;

export interface Options {
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly save: boolean;
  readonly launcher: string | undefined;
  readonly dir: string | undefined;
  readonly list: boolean;
  readonly help: boolean;
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new Error(`--${flag}: ${text} is not a number above 0`);
  return number;
}

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      rounds: { type: "string" },
      seconds: { type: "string" },
      save: { type: "boolean", default: false },
      launcher: { type: "string" },
      dir: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.save && values.only.length > 0) throw new Error("--save writes the whole table: run it without --only");
  return {
    quick: values.quick,
    only: values.only,
    rounds: Math.ceil(positive("rounds", values.rounds ?? (values.quick ? "2" : "3"))),
    seconds: positive("seconds", values.seconds ?? (values.quick ? "1" : "4")),
    save: values.save,
    launcher: values.launcher,
    dir: values.dir,
    list: values.list,
    help: values.help,
  };
}
