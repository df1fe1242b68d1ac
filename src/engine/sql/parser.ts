import { KalamError } from "../../errors/index.ts";
import { StatementFailure } from "../statement-failure.ts";
import { parseStatement } from "./definition-statements.ts";
import { type Envelope, readExecuteAs, readInsertAs } from "./execute-as.ts";
import { type Fingerprint, FingerprintScanner } from "./fingerprint.ts";
import { wordEnd } from "./lexical.ts";
import { nextStatement, type Piece, statementEnd } from "./splitter.ts";
import type { Literal, ParsedStatement, Statement, StatementTemplate } from "./statement.ts";
import { readSubscribe, type SubscribeEnvelope } from "./subscribe-statement.ts";
import { countParameters, makeTemplate, NotFoldable, type SharedTemplate } from "./template.ts";
import { TemplateCache } from "./template-cache.ts";
import { freezeTree } from "./tree.ts";

/** Statements whose literals are taken out, so that those of one shape share a template. */
const SHARED_VERBS = new Set(["select", "insert", "update", "delete", "with", "values", "table"]);
/** As most people write them, so that the usual case costs no folding. */
const USUAL_VERBS = new Set([...SHARED_VERBS].flatMap((verb) => [verb, verb.toUpperCase()]));
const NO_LITERALS: readonly Literal[] = [];

/** A piece of a request, with its fingerprint when its verb is one of the shared ones. */
interface ScannedPiece extends Piece {
  readonly fingerprint: Fingerprint | undefined;
}

/**
 * Turns texts into statements, and keeps the trees.
 *
 * A request is read once: the scan that looks for the `;` makes the fingerprint. Only a fingerprint that was not seen before
 * costs a parse. Not for concurrent use from several threads; parsing is synchronous.
 *
 * @example
 * await loadSqlParser();
 * const parser = new SqlParser({ cacheEntries: 2000, maxStatementBytes: 1 << 20 });
 * const [statement] = parser.parse("SELECT * FROM app.messages WHERE id = 7");
 */
export class SqlParser {
  readonly #maxBytes: number;
  readonly #cache: TemplateCache;
  readonly #scanner = new FingerprintScanner();

  constructor(options: { readonly cacheEntries: number; readonly maxStatementBytes: number }) {
    this.#maxBytes = options.maxStatementBytes;
    this.#cache = new TemplateCache(options.cacheEntries);
  }

  /**
   * The statements of a request, in order; none for a text of blanks, comments and `;`. All of them are read before any can be
   * run: a mistake in the third leaves the first undone.
   *
   * @throws StatementFailure with the number of the statement; 0 for an unclosed quote or comment and for a text too long.
   */
  parse(text: string): readonly ParsedStatement[] {
    this.#checkText(text);
    return this.#split(text).map((piece, index) => {
      try {
        return this.#parsePiece(piece);
      } catch (error) {
        if (error instanceof KalamError) throw new StatementFailure(error, index + 1, piece.text, piece.offset);
        throw error;
      }
    });
  }

  clearCache(): void {
    this.#cache.clear();
  }

  #checkText(text: string): void {
    if (text.length * 3 > this.#maxBytes) {
      const bytes = Buffer.byteLength(text);
      if (bytes > this.#maxBytes) {
        throw new StatementFailure(new KalamError("statement_too_long", { bytes, maximum: this.#maxBytes }), 0, text);
      }
    }
    const zero = text.indexOf("\0");
    if (zero >= 0 || !isWellFormed(text)) {
      const message = `invalid byte sequence for encoding "UTF8"${zero >= 0 ? ": 0x00" : ""}`;
      const position = zero >= 0 ? { position: zero } : {};
      throw new StatementFailure(new KalamError("batch_parse_error", { message }, position), 0, text);
    }
  }

  #split(text: string): readonly ScannedPiece[] {
    const pieces: ScannedPiece[] = [];
    try {
      for (let at = nextStatement(text, 0); at < text.length; ) {
        const fingerprint = isShared(text, at) ? this.#scanner.scan(text, at) : undefined;
        const end = fingerprint?.end ?? statementEnd(text, at);
        pieces.push({ text: text.slice(at, end).trimEnd(), offset: at, fingerprint });
        at = nextStatement(text, end);
      }
    } catch (error) {
      if (error instanceof KalamError) throw new StatementFailure(error, 0, text);
      throw error;
    }
    return pieces;
  }

  /** `base` is where the fingerprint's text begins; offsets in a fingerprint are into that. */
  #parsePiece({ text, offset, fingerprint }: ScannedPiece, base = 0): ParsedStatement {
    const envelope = isInsertOrExecute(text) ? (readExecuteAs(text) ?? readInsertAs(text)) : undefined;
    if (envelope !== undefined) return this.#executeAs(text, offset, envelope);
    const subscription = fingerprint === undefined ? readSubscribe(text) : undefined;
    if (subscription !== undefined) return this.#subscribe(text, offset, subscription);
    if (fingerprint === undefined) return this.#parseAlone(text, offset);
    try {
      return this.#parseShared(text, offset, fingerprint, offset - base);
    } catch (error) {
      if (!(error instanceof NotFoldable)) throw error;
      return this.#parseShared(text, offset, this.#scanner.scan(text, 0, false), 0);
    }
  }

  /** `start` is where the statement begins in the text that the fingerprint was made from. */
  #parseShared(text: string, offset: number, fingerprint: Fingerprint, start: number): ParsedStatement {
    const { template } = this.#cache.find(fingerprint) ?? this.#make(text, fingerprint, start);
    const { literals } = fingerprint;
    const { inputLiterals } = template;
    return {
      template,
      text,
      offset,
      literals: inputLiterals === undefined ? literals : inputLiterals.map((index) => literals[index] ?? null),
    };
  }

  #make(text: string, fingerprint: Fingerprint, start: number): SharedTemplate {
    const { key, rows } = fingerprint;
    const source = rows === undefined ? text : text.slice(0, rows.firstEnd - start) + text.slice(rows.end - start);
    const made = makeTemplate(source, fingerprint, start);
    if (key !== undefined) this.#cache.add(key, made);
    return made;
  }

  #parseAlone(text: string, offset: number): ParsedStatement {
    const statement: Statement = freezeTree(parseStatement(text));
    const template = { statement, parameterCount: countParameters(statement), literalKinds: [], source: text };
    return { template, text, offset, literals: NO_LITERALS };
  }

  #executeAs(text: string, offset: number, envelope: Envelope): ParsedStatement {
    const inner = this.#parseInner(envelope, offset);
    const { parameterCount } = inner.template;
    const statement: Statement = { kind: "execute_as", user: envelope.user, inner };
    const template: StatementTemplate = { statement, parameterCount, literalKinds: [], source: text };
    return { template, text, offset, literals: NO_LITERALS };
  }

  #subscribe(text: string, offset: number, { inner: query, ...envelope }: SubscribeEnvelope): ParsedStatement {
    const inner = this.#parseInner({ inner: query, innerOffset: 0 }, offset);
    const { parameterCount } = inner.template;
    const statement: Statement = { kind: "subscribe", inner, ...envelope };
    const template: StatementTemplate = { statement, parameterCount, literalKinds: [], source: text };
    return { template, text, offset, literals: NO_LITERALS };
  }

  /** Errors of the wrapped statement are placed in the text around it. */
  #parseInner({ inner, innerOffset }: Pick<Envelope, "inner" | "innerOffset">, offset: number): ParsedStatement {
    const fingerprint = isShared(inner, 0) ? this.#scanner.scan(inner, 0) : undefined;
    const start = offset + innerOffset;
    try {
      return this.#parsePiece({ text: inner, offset: start, fingerprint }, start);
    } catch (error) {
      if (!(error instanceof KalamError) || error.position === undefined) throw error;
      const position = error.position + innerOffset;
      throw new KalamError(error.key, error.values, { position, cause: error.cause, hint: error.hint });
    }
  }
}

/** No half of a surrogate pair stands alone. In Node since 20, in TypeScript's library only later. */
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function isShared(text: string, at: number): boolean {
  if (text.charCodeAt(at) === 40) return true;
  const end = wordEnd(text, at);
  if (end - at > 6) return false;
  const verb = text.slice(at, end);
  return USUAL_VERBS.has(verb) || SHARED_VERBS.has(verb.toLowerCase());
}

function isInsertOrExecute(text: string): boolean {
  const first = text.charCodeAt(0) | 32;
  return first === 105 || first === 101;
}
