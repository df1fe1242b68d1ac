import { Flags } from "@oclif/core";
import type { ConnectionFlags } from "./connection/settings.ts";
import { FORMATS, type Format, type Presentation } from "./render/index.ts";

/** Flags of every command that talks to a server. */
export const connectionFlags = {
  url: Flags.string({
    char: "u",
    description: "Where the server is, such as http://localhost:8080",
    helpGroup: "CONNECTION",
  }),
  host: Flags.string({ char: "H", description: "Host name", exclusive: ["url"], helpGroup: "CONNECTION" }),
  port: Flags.integer({
    char: "p",
    description: "Port (8080 when not given)",
    min: 1,
    max: 65_535,
    exclusive: ["url"],
    helpGroup: "CONNECTION",
  }),
  user: Flags.string({ char: "U", description: "Log in as this user", helpGroup: "CONNECTION" }),
  password: Flags.string({
    description: "Password; other users of this machine can see it, better use --password-stdin or KALAM_PASSWORD",
    helpGroup: "CONNECTION",
  }),
  "password-stdin": Flags.boolean({
    description: "Read the password from standard input",
    exclusive: ["password"],
    helpGroup: "CONNECTION",
  }),
  token: Flags.string({ description: "Access token, instead of a login", helpGroup: "CONNECTION" }),
  profile: Flags.string({
    aliases: ["instance"],
    description: "Stored login to use",
    helpGroup: "CONNECTION",
  }),
  timeout: Flags.integer({
    description: "Seconds to wait for an answer, 0 without limit",
    default: 300,
    min: 0,
    helpGroup: "CONNECTION",
  }),
};

/** Flags of every command that shows rows. */
export const presentationFlags = {
  format: Flags.option({
    options: FORMATS,
    description: "How results are written (table when not given)",
    helpGroup: "OUTPUT",
  })(),
  json: Flags.boolean({ description: "Same as --format json", exclusive: ["format", "csv"], helpGroup: "OUTPUT" }),
  csv: Flags.boolean({ description: "Same as --format csv", exclusive: ["format", "json"], helpGroup: "OUTPUT" }),
  "no-color": Flags.boolean({ description: "No colours", helpGroup: "OUTPUT" }),
  timing: Flags.boolean({
    description: "Show how long a request took",
    default: true,
    allowNo: true,
    helpGroup: "OUTPUT",
  }),
  expanded: Flags.boolean({
    char: "x",
    description: "One line per column (on a terminal by itself where a table has no room)",
    helpGroup: "OUTPUT",
  }),
  quiet: Flags.boolean({ char: "q", description: "Only rows, nothing about statements", helpGroup: "OUTPUT" }),
};

interface ParsedConnectionFlags extends ConnectionFlags {
  readonly "password-stdin": boolean;
}

/** Flags of commands that work on what tables keep in storage. */
export const storageFlags = {
  all: Flags.boolean({ char: "a", description: "All tables; with --namespace those of one namespace" }),
  namespace: Flags.string({
    char: "n",
    description: "All tables of this namespace; with a table, its namespace when it is named without one",
  }),
  wait: Flags.boolean({ char: "w", description: "Wait for the jobs and show how they ended" }),
};

/** @throws CliError (usage) when a password was promised on standard input and there is none. */
export async function readConnectionFlags(flags: ParsedConnectionFlags): Promise<ConnectionFlags> {
  if (!flags["password-stdin"]) return flags;
  const { readPasswordFromStdin } = await import("./connection/prompt.ts");
  return { ...flags, password: await readPasswordFromStdin() };
}

interface ParsedPresentationFlags {
  readonly format: Format | undefined;
  readonly json: boolean;
  readonly csv: boolean;
  readonly "no-color": boolean;
  readonly timing: boolean;
  readonly expanded: boolean;
  readonly quiet: boolean;
}

export function readPresentationFlags(flags: ParsedPresentationFlags): Presentation {
  const noColor = flags["no-color"] || (process.env.NO_COLOR ?? "") !== "";
  return {
    format: flags.format ?? (flags.json ? "json" : flags.csv ? "csv" : "table"),
    expanded: flags.expanded ? "on" : "auto",
    timing: flags.timing,
    color: !noColor && (process.stdout.isTTY === true || (process.env.FORCE_COLOR ?? "") !== ""),
    quiet: flags.quiet,
  };
}
