import { KalamError } from "../../errors/index.ts";
import { StatementFailure } from "../statement-failure.ts";
import { parseStatement } from "./definition-statements.ts";
import { type Envelope, readExecuteAs, readInsertAs } from "./execute-as.ts";
import { type Piece, splitStatements } from "./splitter.ts";
import type { ParsedStatement, Statement, StatementTemplate } from "./statement.ts";
import { countParameters } from "./template.ts";
import { freezeTree } from "./tree.ts";

export class SqlParser {
  readonly #maxBytes: number;

  constructor(options: { readonly cacheEntries: number; readonly maxStatementBytes: number }) {
    this.#maxBytes = options.maxStatementBytes;
  }

  parse(text: string): readonly ParsedStatement[] {
    this.#checkLength(text);
    return this.#split(text).map((piece, index) => {
      try {
        return this.#parsePiece(piece);
      } catch (error) {
        if (error instanceof KalamError) throw new StatementFailure(error, index + 1, piece.text, piece.offset);
        throw error;
      }
    });
  }

  clearCache(): void {}

  #checkLength(text: string): void {
    if (text.length * 3 <= this.#maxBytes) return;
    const bytes = Buffer.byteLength(text);
    if (bytes <= this.#maxBytes) return;
    const error = new KalamError("statement_too_long", { bytes, maximum: this.#maxBytes });
    throw new StatementFailure(error, 0, text);
  }

  #split(text: string): readonly Piece[] {
    try {
      return splitStatements(text);
    } catch (error) {
      if (error instanceof KalamError) throw new StatementFailure(error, 0, text);
      throw error;
    }
  }

  #parsePiece({ text, offset }: Piece): ParsedStatement {
    const envelope = readExecuteAs(text) ?? readInsertAs(text);
    if (envelope !== undefined) return this.#executeAs(text, offset, envelope);
    const statement: Statement = freezeTree(parseStatement(text));
    return {
      template: { statement, parameterCount: countParameters(statement), literalKinds: [] },
      text,
      offset,
      literals: [],
    };
  }

  #executeAs(text: string, offset: number, envelope: Envelope): ParsedStatement {
    const inner = this.#parseInner(envelope, offset);
    const template: StatementTemplate = {
      statement: { kind: "execute_as", user: envelope.user, inner },
      parameterCount: inner.template.parameterCount,
      literalKinds: [],
    };
    return { template, text, offset, literals: [] };
  }

  #parseInner({ inner, innerOffset }: Envelope, offset: number): ParsedStatement {
    try {
      return this.#parsePiece({ text: inner, offset: offset + innerOffset });
    } catch (error) {
      if (!(error instanceof KalamError) || error.position === undefined) throw error;
      const position = error.position + innerOffset;
      throw new KalamError(error.key, error.values, { position, cause: error.cause, hint: error.hint });
    }
  }
}
