import type { Principal } from "./auth/roles.ts";
import type { Parameter, RequestContext } from "./request.ts";
import type { Transaction } from "./rows/transaction.ts";
import type { ParsedStatement } from "./sql/statement.ts";

/** One statement being run: for whom, with which inputs, at what moment. */
export interface Execution {
  readonly statement: ParsedStatement;
  /** Whose rows are meant: the caller, or the user named by EXECUTE AS. */
  readonly principal: Principal;
  /** Who really asks. */
  readonly actor: Principal;
  /** For names without a namespace. */
  readonly namespace: string;
  readonly params: readonly Parameter[];
  /** The moment of the statement, in microseconds since 1970: what `NOW()` says. */
  readonly now: bigint;
  readonly transaction: Transaction | undefined;
  /** The views around the query that is being read, outermost first: one that is met again reads itself. */
  readonly views?: readonly string[];
  /** The request's own context; its `signal` is made when it is asked for, so only what can wait long asks. */
  readonly request: RequestContext;
}

export function isActingForAnother(execution: Execution): boolean {
  return execution.actor !== execution.principal;
}
