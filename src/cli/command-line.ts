/** What the words after `kalam` ask for. */
export type CommandLine =
  | { readonly kind: "version" }
  | { readonly kind: "run"; readonly args: readonly string[] }
  | { readonly kind: "unknown"; readonly command: string; readonly suggestion: string | undefined };

const HELP = new Set(["--help", "-h"]);
const DEFAULT_COMMAND = "sql";

/**
 * Fills in the command: `kalam`, `kalam --file x.sql`, `kalam kalam://host/db` and `kalam -` mean `kalam sql …`. A word that is no
 * command is a mistake and not a connection, unless it looks like one.
 *
 * @param commands the names that exist.
 */
export function readCommandLine(args: readonly string[], commands: readonly string[]): CommandLine {
  const [first] = args;
  if (first === "--version" || first === "-V" || (first === "version" && !commands.includes("version"))) {
    return { kind: "version" };
  }
  if (first === "help") return { kind: "run", args: [...args.slice(1), "--help"] };
  if (first !== undefined && (HELP.has(first) || commands.includes(first))) return { kind: "run", args };
  if (first === undefined || first.startsWith("-") || first.includes("://") || /^[\w.-]+:\d+$/.test(first)) {
    return { kind: "run", args: [DEFAULT_COMMAND, ...args] };
  }
  return { kind: "unknown", command: first, suggestion: nearest(first, commands) };
}

/** The command that a mistyped word most likely means. */
function nearest(word: string, commands: readonly string[]): string | undefined {
  const [best] = commands
    .map((command) => ({ command, distance: editDistance(word.toLowerCase(), command) }))
    .filter(({ command, distance }) => distance <= Math.max(1, Math.floor(command.length / 2)))
    .sort((one, other) => one.distance - other.distance);
  return best?.command;
}

/** Characters to insert, delete, change or swap (Damerau–Levenshtein, optimal string alignment). */
function editDistance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    rows.push(line);
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      line.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (same ? 0 : 1),
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(one.length, other.length);
}
