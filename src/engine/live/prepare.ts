import type { SelectStmt } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import type { ParsedStatement, SqlParser } from "../sql/index.ts";
import { StatementFailure } from "../statement-failure.ts";
import type { LiveOptions, LiveRequest } from "./contract.ts";

/** What the text of a subscription asks for. */
export interface PreparedText {
  /** The whole statement, which permission is decided by. */
  readonly whole: ParsedStatement;
  /** The SELECT that is meant. */
  readonly query: ParsedStatement;
  readonly node: SelectStmt;
  readonly everybody: boolean;
  readonly storage: string | undefined;
  readonly options: LiveOptions | undefined;
}

/** @throws KalamError syntax errors, `live_query_refused`, `invalid_option` */
export function prepareText(parser: SqlParser, { sql, options }: LiveRequest): PreparedText {
  const whole = onlyStatement(parser, sql);
  const { statement } = whole.template;
  if (statement.kind === "select") {
    return { whole, query: whole, node: statement.node, everybody: false, storage: undefined, options };
  }
  const query = statement.kind === "subscribe" ? statement.inner : whole;
  const inner = query.template.statement;
  if (statement.kind !== "subscribe" || inner.kind !== "select") {
    throw new KalamError("live_query_refused", { reason: "A live query is a SELECT, or SUBSCRIBE TO a table" });
  }
  const { everybody, storage } = statement;
  const written = statement.options && readOptions(statement.options);
  const given = written === undefined ? options : { ...written, ...options };
  return { whole, query, node: inner.node, everybody, storage, options: given };
}

function onlyStatement(parser: SqlParser, sql: string): ParsedStatement {
  let statements: readonly ParsedStatement[];
  try {
    statements = parser.parse(sql);
  } catch (error) {
    throw error instanceof StatementFailure ? error.error : error;
  }
  const [statement] = statements;
  if (statement === undefined) throw new KalamError("empty_sql");
  if (statements.length > 1) throw new KalamError("live_query_refused", { reason: "A live query is one statement" });
  return statement;
}

const NAMES: Readonly<Record<string, keyof LiveOptions>> = {
  BATCH_SIZE: "batchSize",
  LAST_ROWS: "lastRows",
  FROM: "from",
  FROM_SEQ_ID: "from",
  UNTIL: "until",
  SINCE: "since",
};

/** `OPTIONS (LAST_ROWS = 10)`. */
function readOptions(written: ReadonlyMap<string, string>): LiveOptions {
  const options: Record<string, number | bigint> = {};
  for (const [name, value] of written) {
    const meant = NAMES[name];
    if (meant === undefined) throw new KalamError("invalid_option", { reason: `a subscription has no option ${name}` });
    if (!/^\d{1,18}$/.test(value)) {
      throw new KalamError("invalid_option", {
        reason: `${name} of a subscription must be a whole number, not ${value}`,
      });
    }
    options[meant] = meant === "batchSize" || meant === "lastRows" ? Number(value) : BigInt(value);
  }
  return options;
}
