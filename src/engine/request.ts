import type { Principal } from "./auth/roles.ts";
import type { ResultColumn, RowStream } from "./query/relation.ts";

/** A parameter as JSON gives it. Whole numbers beyond 2^53 come as text or `bigint`. */
export type Parameter = null | boolean | number | bigint | string;

/** What one request brings along with its text. */
export interface RequestContext {
  readonly principal: Principal;
  /** For names without a namespace; undefined means `default`. */
  readonly namespace?: string | undefined;
  readonly params?: readonly Parameter[] | undefined;
  readonly requestId?: string | undefined;
  /** Where live queries are to be had, for `SUBSCRIBE TO`: `ws://host:8080/v1/ws`. */
  readonly liveUrl?: string | undefined;
  /** Ends the statement early: the client went away, or cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What one statement answers.
 *
 * A query has `columns` and `rows`; a write has `rowCount` and `message` (and `columns` and `rows` with RETURNING); everything
 * else has a `message`.
 */
export interface StatementResult {
  readonly columns?: readonly ResultColumn[];
  /** Many rows arrive in chunks; they must be read to the end or given up with `return()`. */
  readonly rows?: RowStream;
  /** Rows changed; for a query it is what was read. */
  readonly rowCount?: number;
  readonly message?: string;
  /** The user whose rows were meant. */
  readonly asUser: string;
  /** Set by `USE ns`: the namespace for the rest of the request, and for the session of an embedded engine. */
  readonly namespace?: string;
}

/** The part of the engine that transports call. */
export interface StatementExecutor {
  /**
   * Runs the statements of a text one after another. One result per statement, in order. The rows of a single statement may be
   * a stream; those of several are complete. Stops at the first statement that fails.
   *
   * @throws StatementFailure with the KalamError and the 1-based number of the statement.
   */
  execute(sql: string, context: RequestContext): Promise<readonly StatementResult[]>;
}
