import type { SQLValueFunctionOp } from "libpg-query";
import { DATABASE_NAME, productVersion } from "../../product.ts";
import type { ResultType } from "../../types/column-type.ts";
import { postgresTypeName } from "../../types/type-display.ts";
import { CONSTANT, Compiled, type Dependency, type Evaluate, STATEMENT, VOLATILE } from "./frame.ts";
import { NotSimple } from "./not-simple.ts";
import { InputOperand, type Operand, typeOf } from "./operand.ts";
import { dayOf } from "./temporal.ts";

const TEXT: ResultType = { kind: "text" };

const now: Evaluate = (_row, frame) => frame.now;
const user: Evaluate = (_row, frame) => frame.principal.userId;
const role: Evaluate = (_row, frame) => frame.principal.role;

interface Source {
  readonly type: ResultType;
  readonly evaluate: Evaluate;
  readonly dependency: Dependency;
}

const stable = (type: ResultType, evaluate: Evaluate): Source => ({ type, evaluate, dependency: STATEMENT });
const fresh = (type: ResultType, evaluate: Evaluate): Source => ({ type, evaluate, dependency: VOLATILE });

const NOW = stable({ kind: "timestamptz" }, now);
const USER = stable(TEXT, user);
const ROLE = stable(TEXT, role);
const SESSION_USER = stable(TEXT, (_row, frame) => frame.sessionUser);
const NAMESPACE = stable(TEXT, (_row, frame) => frame.namespace);
const DATABASE = stable(TEXT, () => DATABASE_NAME);

/** Functions without arguments: the statement's time, user and namespace, what runs here, and new ids. */
export const SOURCES: Readonly<Record<string, Source>> = {
  now: NOW,
  transaction_timestamp: NOW,
  statement_timestamp: NOW,
  current_timestamp: NOW,
  current_user: USER,
  current_user_id: USER,
  kdb_current_user: USER,
  current_role: ROLE,
  kdb_current_role: ROLE,
  current_schema: NAMESPACE,
  current_database: DATABASE,
  version: stable(TEXT, () => productVersion()),
  snowflake_id: fresh({ kind: "bigint" }, (_row, frame) => frame.runtime.snowflakes.next()),
  uuid_v7: fresh(TEXT, (_row, frame) => frame.runtime.textIds.uuidV7()),
  ulid: fresh(TEXT, (_row, frame) => frame.runtime.textIds.ulid()),
};

/** Words that PostgreSQL's grammar knows as values. */
const WORDS: Readonly<Partial<Record<SQLValueFunctionOp, Source>>> = {
  SVFOP_CURRENT_TIMESTAMP: NOW,
  SVFOP_LOCALTIMESTAMP: stable({ kind: "timestamp" }, now),
  SVFOP_CURRENT_DATE: stable({ kind: "date" }, (_row, frame) => dayOf(frame.now)),
  SVFOP_CURRENT_USER: USER,
  SVFOP_USER: USER,
  SVFOP_SESSION_USER: SESSION_USER,
  SVFOP_CURRENT_SCHEMA: NAMESPACE,
  SVFOP_CURRENT_CATALOG: DATABASE,
  SVFOP_CURRENT_ROLE: ROLE,
};

function compiled(source: Source): Compiled {
  return new Compiled(source.type, source.evaluate, source.dependency);
}

/** A call without arguments, or undefined when there is no such function. */
export function compileSource(name: string): Compiled | undefined {
  const source = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
  return source === undefined ? undefined : compiled(source);
}

export function compileWord(op: SQLValueFunctionOp | undefined): Compiled {
  const source = op === undefined ? undefined : WORDS[op];
  if (source === undefined) throw new NotSimple(`${op}`);
  return compiled(source);
}

/** `pg_typeof(value)`: what PostgreSQL calls the value's type. */
export function compileTypeOf(args: readonly Operand[]): Compiled {
  const [of] = args;
  if (of === undefined || args.length > 1) throw new NotSimple("pg_typeof of several values");
  if (of instanceof InputOperand && of.kind === "parameter") throw new NotSimple("the type of a parameter");
  const name = postgresTypeName(typeOf(of) ?? { kind: "unknown" });
  return new Compiled(TEXT, () => name, CONSTANT);
}
