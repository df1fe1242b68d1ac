import { KalamError, toKalamError } from "../errors/index.ts";
import { requireActAs, requireStatement } from "./auth/permissions.ts";
import type { Database } from "./database.ts";
import type { Execution } from "./execution.ts";
import type { PlanCache } from "./plan-cache.ts";
import type { RowStream } from "./query/relation.ts";
import type { Parameter, RequestContext, StatementResult } from "./request.ts";
import { requireCurrent } from "./rows/dml/submit.ts";
import { Transaction } from "./rows/transaction.ts";
import { type ParsedStatement, placeInText } from "./sql/index.ts";
import { StalePlan } from "./stale-plan.ts";
import { StatementFailure } from "./statement-failure.ts";
import { DEFAULT_NAMESPACE } from "./statements/default-namespace.ts";
import { runStatement } from "./statements/dispatch.ts";
import type { Row } from "./types/column-type.ts";
import { approximateBytes } from "./types/index.ts";

/** How often a statement or a transaction is run again when others were faster. */
const MAX_ATTEMPTS = 8;

/**
 * One request: its statements one after another, `BEGIN … COMMIT` around some of them, `USE` in force until the end.
 *
 * A transaction lives inside the request, so all its statements are known: when it loses against another one at COMMIT, it is run
 * again from its BEGIN, and only what the last attempt answered is told.
 */
export class RequestRunner {
  readonly #database: Database;
  readonly #plans: PlanCache;
  readonly #context: RequestContext;
  readonly #statements: readonly ParsedStatement[];
  readonly #results: StatementResult[] = [];
  /** Size of the rows among the results. */
  #heldBytes = 0;
  #namespace: string;
  #transaction: Transaction | undefined;
  /** Set while this request runs something again. */
  #leaveLane: (() => void) | undefined;
  /** The statement under way; inside EXECUTE AS, the wrapped one. */
  #running: ParsedStatement | undefined;

  constructor(database: Database, plans: PlanCache, context: RequestContext, statements: readonly ParsedStatement[]) {
    this.#database = database;
    this.#plans = plans;
    this.#context = context;
    this.#statements = statements;
    this.#namespace = context.namespace?.toLowerCase() ?? DEFAULT_NAMESPACE;
  }

  /** @throws StatementFailure */
  async run(): Promise<readonly StatementResult[]> {
    for (const [index, statement] of this.#statements.entries()) {
      this.#located(index, () => requireStatement(this.#context.principal, statement.template.statement));
    }
    let begun = { index: 0, results: 0, heldBytes: 0, namespace: this.#namespace };
    let attempts = 0;
    try {
      for (let index = 0; index < this.#statements.length; index++) {
        const statement = this.#statements[index] as ParsedStatement;
        const { kind } = statement.template.statement;
        if (kind === "begin" && this.#transaction === undefined && begun.index !== index) {
          begun = { index, results: this.#results.length, heldBytes: this.#heldBytes, namespace: this.#namespace };
          attempts = 0;
        }
        try {
          this.#results.push(await this.#runOne(statement));
          if (this.#transaction === undefined) {
            this.#endRetries();
            attempts = 0;
          }
        } catch (error) {
          if (!isLostRace(error) || !this.#mayRepeat(kind) || ++attempts >= MAX_ATTEMPTS)
            throw this.#failure(error, index);
          if (this.#transaction === undefined && kind !== "commit") {
            index--;
          } else {
            this.#endTransaction();
            this.#results.length = begun.results;
            this.#heldBytes = begun.heldBytes;
            this.#namespace = begun.namespace;
            index = begun.index - 1;
          }
          this.#leaveLane ??= await this.#database.retries.enter();
        }
      }
      if (this.#transaction !== undefined) {
        throw this.#failure(new KalamError("transaction_left_open"), this.#statements.length - 1);
      }
      return this.#results;
    } finally {
      this.#endTransaction();
      this.#endRetries();
    }
  }

  #endRetries(): void {
    this.#leaveLane?.();
    this.#leaveLane = undefined;
  }

  /** A lost race is run again as a whole: the statement, or the transaction that it belongs to. */
  #mayRepeat(kind: string): boolean {
    return this.#transaction !== undefined || kind !== "rollback";
  }

  #failure(error: unknown, index: number): StatementFailure {
    const statement = this.#statements[index];
    const known =
      error instanceof StalePlan ? new KalamError("serialization_failure", {}, { cause: error }) : toKalamError(error);
    const running = this.#running ?? statement;
    if (running === undefined || known.position === undefined)
      return new StatementFailure(known, index + 1, statement?.text ?? "");
    // Trees are shared by statements of one shape: the error stands where its token stands in this text.
    const placed = known.movedTo(placeInText(running, known.position));
    return new StatementFailure(placed, index + 1, statement?.text ?? "", running.offset);
  }

  #located(index: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      throw this.#failure(error, index);
    }
  }

  async #runOne(statement: ParsedStatement): Promise<StatementResult> {
    this.#running = statement;
    if (this.#statements.length > 1 && this.#context.signal?.aborted) throw new KalamError("cancelled");
    const { kind } = statement.template.statement;
    switch (kind) {
      case "begin":
        return this.#begin();
      case "commit":
        return this.#commit();
      case "rollback":
        return this.#rollback();
      default: {
        if (DEFINITIONS.test(kind) && this.#leaveLane === undefined) await this.#database.retries.cleared;
        const result = await runStatement(this.#database, this.#plans, await this.#execution(statement));
        if (result.namespace !== undefined) this.#namespace = result.namespace;
        return this.#statements.length === 1 ? result : this.#complete(result);
      }
    }
  }

  async #execution(statement: ParsedStatement): Promise<Execution> {
    const actor = this.#context.principal;
    const inner = statement.template.statement;
    const own: Execution = {
      statement,
      principal: actor,
      actor,
      namespace: this.#namespace,
      params: this.#context.params ?? NO_PARAMETERS,
      now: this.#database.runtime.clock.nowMicros(),
      transaction: this.#transaction,
      request: this.#context,
    };
    if (inner.kind !== "execute_as") return own;
    const target = await this.#database.accounts.principalOf(inner.user);
    requireActAs(actor, target);
    requireStatement(actor, inner.inner.template.statement);
    this.#running = inner.inner;
    // The statement runs with the rights of an ordinary user, whatever the target's role is.
    return { ...own, statement: inner.inner, principal: { userId: target.userId, role: "user" } };
  }

  /** Rows of one statement among several are read before the next one runs; all of them have to be held until the end. */
  async #complete(result: StatementResult): Promise<StatementResult> {
    if (result.rows === undefined) return result;
    const rows: Row[] = [];
    for await (const chunk of isStream(result.rows) ? result.rows : [result.rows]) {
      for (const row of chunk) {
        for (const value of row) this.#heldBytes += approximateBytes(value);
        rows.push(row);
      }
      const maximum = this.#database.options.maxBatchResultBytes;
      if (this.#heldBytes > maximum) throw new KalamError("batch_result_too_large", { maximum });
    }
    return { ...result, rows };
  }

  #begin(): StatementResult {
    if (this.#transaction !== undefined) throw new KalamError("transaction_open");
    const { runtime, options } = this.#database;
    this.#transaction = new Transaction(runtime.textIds.uuidV7(), runtime, options.maxTransactionBytes);
    return this.#said(`Transaction started (${this.#transaction.id})`);
  }

  async #commit(): Promise<StatementResult> {
    const transaction = this.#transaction;
    if (transaction === undefined) throw new KalamError("no_transaction", { verb: "COMMIT" });
    await transaction.commit(
      this.#database.pipeline,
      async (partition, keys) => {
        await this.#database.cache.ready(partition);
        return this.#database.cold.rows.find(partition, keys);
      },
      (partition) => requireCurrent(this.#database, partition),
    );
    this.#endTransaction();
    return this.#said(`Transaction committed (${transaction.id})`);
  }

  #rollback(): StatementResult {
    const transaction = this.#transaction;
    if (transaction === undefined) throw new KalamError("no_transaction", { verb: "ROLLBACK" });
    this.#endTransaction();
    return this.#said(`Transaction rolled back (${transaction.id})`);
  }

  #endTransaction(): void {
    this.#transaction?.end();
    this.#transaction = undefined;
  }

  #said(message: string): StatementResult {
    return { message, rowCount: 0, asUser: this.#context.principal.userId };
  }
}

/** Kinds of statements that make all plans worthless. */
const DEFINITIONS = /^(create|alter|drop)_(table|namespace|view)$/;

const NO_PARAMETERS: readonly Parameter[] = [];

function isLostRace(error: unknown): boolean {
  return error instanceof StalePlan || (error instanceof KalamError && error.key === "serialization_failure");
}

function isStream(rows: RowStream): rows is Exclude<RowStream, readonly unknown[]> {
  return Symbol.asyncIterator in rows;
}
