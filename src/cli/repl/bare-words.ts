import type { OpenPart } from "../script/statement-splitter.ts";

type BareWord = "help" | "quit" | "\\q";

const WORDS: ReadonlyMap<string, BareWord> = new Map([
  ["help", "help"],
  ["quit", "quit"],
  ["exit", "quit"],
  ["\\q", "\\q"],
]);
/** Where a backslash is a part of the text. */
const QUOTED: ReadonlySet<OpenPart> = new Set<OpenPart>(["'", '"', "$", "/*"]);
const LEAVE_QUOTE = "Use Ctrl-D to leave, or Ctrl-C to drop what was typed.";

const WELCOME = [
  "This is kalam, the command line of KalamDB.",
  "Type:  \\? for its commands",
  "       \\d to list tables and views",
  "       \\g or a semicolon to run a statement",
  "       \\q to leave",
].join("\n");

/** What a line that is only a word does at a prompt. */
export type BareAction =
  | { readonly kind: "leave" }
  | { readonly kind: "note"; readonly text: string }
  /** It is a part of the statement, as everything else is; the note says what to type instead. */
  | { readonly kind: "text"; readonly hint?: string };

/**
 * `quit`, `exit` and `help` are commands where a statement could begin. Within one they are its text, as psql has it, and the
 * person is told what to type instead.
 */
export function readBareWord(line: string, open: OpenPart): BareAction {
  const word = WORDS.get(line.replace(/;\s*$/, "").trim().toLowerCase());
  if (word === undefined) return { kind: "text" };
  const quoted = QUOTED.has(open);
  if (word === "\\q") return quoted ? { kind: "text", hint: LEAVE_QUOTE } : { kind: "text" };
  if (word === "help") {
    if (open === "nothing") return { kind: "note", text: WELCOME };
    return { kind: "text", hint: "Use \\? for help or Ctrl-C to drop what was typed." };
  }
  if (open === "nothing") return { kind: "leave" };
  return { kind: "text", hint: quoted ? LEAVE_QUOTE : "Use \\q to quit." };
}
