/** What to do instead of flags that psql has and `kalam` has not. */
const INSTEAD: Readonly<Record<string, string>> = {
  "-d": "There are namespaces instead of databases: -n NAME.",
  "-l": "List the namespaces with: kalam -c '\\l'",
  "-W": "On a terminal a missing password is asked for; scripts set KALAM_PASSWORD or use --password-stdin.",
  "-w": "Only on a terminal is a missing password asked for.",
  "-t": "Use -q for rows only, or --csv.",
  "-A": "Use --csv or --format ndjson.",
  "-1": "Write BEGIN and COMMIT around the statements.",
  "-o": "Write results into a file with > file.",
};

/** The advice for the first of these flags that has one. */
export function adviceFor(flags: readonly string[]): string | undefined {
  return flags.map((flag) => INSTEAD[flag]).find((advice) => advice !== undefined);
}
