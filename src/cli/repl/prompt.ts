import type { OpenPart } from "../script/statement-splitter.ts";

const MARKS: Readonly<Record<OpenPart, string>> = {
  nothing: "=",
  statement: "-",
  "'": "'",
  '"': '"',
  $: "$",
  "/*": "*",
  "(": "(",
};

/** `app=> `; when something is still open, what: `app-> `, `app'> `, `app(> `. A `*` means a transaction that is being collected. */
export function promptText(namespace: string | undefined, open: OpenPart, inTransaction: boolean): string {
  return `${namespace ?? "kalam"}${MARKS[open]}${inTransaction ? "*" : ""}> `;
}
