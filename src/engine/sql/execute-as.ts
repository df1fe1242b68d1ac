import { KalamError } from "../../errors/index.ts";
import { unquote } from "./lexer.ts";
import { skipBlank, stringEnd, wordEnd } from "./lexical.ts";
import { nextStatement, statementEnd } from "./splitter.ts";

/** A statement that another user is to be the author of. Offsets are into the text of the whole. */
export interface Envelope {
  readonly user: string;
  /** The wrapped statement; in the `INSERT` form the whole text with `AS USER '…'` blanked. */
  readonly inner: string;
  readonly innerOffset: number;
}

const OPENING = /execute\s+as\s+user(?![\w$])/iy;
// Each alternative takes what the other cannot, so that a long name costs no backtracking.
const INSERT_AS = /(insert\s+into\s+(?:"[^"]*"|[^\s"(])+\s+)as\s+user\s+'/iy;

/** `EXECUTE AS USER 'name' ( statement )`; undefined where the text is something else. @throws KalamError execute_as_envelope */
export function readExecuteAs(text: string): Envelope | undefined {
  OPENING.lastIndex = 0;
  if (!OPENING.test(text)) return undefined;
  let at = skipBlank(text, OPENING.lastIndex);
  let user: string;
  if (text[at] === "'") {
    const end = stringEnd(text, at);
    user = unquote(text, at + 1, end - 1, "'");
    at = end;
  } else {
    const end = bareNameEnd(text, at);
    user = text.slice(at, end);
    at = end;
  }
  if (user.trim() === "") throw malformed("EXECUTE AS USER username cannot be empty", at);
  at = skipBlank(text, at);
  if (text[at] !== "(") throw malformed("EXECUTE AS USER must wrap SQL in parentheses", at);
  const start = nextStatement(text, at + 1);
  if (text[start] === ")") throw malformed("EXECUTE AS USER requires a non-empty inner SQL statement", start);
  refuseAnother(text, start);
  const end = statementEnd(text, start, true);
  const close = nextStatement(text, end);
  if (close >= text.length) throw malformed("EXECUTE AS USER missing closing ')'", text.length);
  if (text[close] !== ")") throw malformed("EXECUTE AS USER can only wrap a single SQL statement", end);
  const behind = skipBlank(text, close + 1);
  if (behind < text.length) throw malformed("EXECUTE AS USER must contain exactly one wrapped SQL statement", behind);
  return { user, inner: text.slice(start, end).trimEnd(), innerOffset: start };
}

/** `INSERT INTO t AS USER 'id' …`. */
export function readInsertAs(text: string): Envelope | undefined {
  INSERT_AS.lastIndex = 0;
  const found = INSERT_AS.exec(text);
  if (found === null) return undefined;
  const begin = found[1]?.length ?? 0;
  const quote = INSERT_AS.lastIndex - 1;
  const end = stringEnd(text, quote);
  const user = unquote(text, quote + 1, end - 1, "'");
  if (user.trim() === "") throw malformed("AS USER username cannot be empty", quote);
  const inner = text.slice(0, begin) + " ".repeat(end - begin) + text.slice(end);
  refuseAnother(inner, 0);
  return { user, inner, innerOffset: 0 };
}

/** Whose rows are meant is said once. */
function refuseAnother(text: string, start: number): void {
  for (const form of [OPENING, INSERT_AS]) {
    form.lastIndex = start;
    if (form.test(text)) throw malformed("AS USER cannot stand inside of another AS USER", start);
  }
}

function bareNameEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !/[\s(]/.test(text[at] ?? "")) at = Math.max(at + 1, wordEnd(text, at));
  return at;
}

function malformed(message: string, position: number): KalamError {
  return new KalamError("execute_as_envelope", { message }, { position });
}
