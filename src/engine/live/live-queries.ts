import { KalamError } from "../../errors/index.ts";
import { requireStatement } from "../auth/permissions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { NotSimple } from "../query/expression/index.ts";
import { frameOf } from "../query/select.ts";
import { placeInText } from "../sql/index.ts";
import type { ParsedStatement } from "../sql/statement.ts";
import { StalePlan } from "../stale-plan.ts";
import { StatementFailure } from "../statement-failure.ts";
import { DEFAULT_NAMESPACE } from "../statements/default-namespace.ts";
import { beginSnapshot } from "./begin-snapshot.ts";
import type { LiveInfo, LiveRequest, LiveSink, LiveSubscription } from "./contract.ts";
import { LiveQuery } from "./live-query.ts";
import { LiveTable, type Whose } from "./live-table.ts";
import { planLive } from "./plan.ts";
import { queryText } from "./query-text.ts";
import { Subscription } from "./subscription.ts";

/** How often a subscription begins anew because its table was altered meanwhile. */
const MAX_ATTEMPTS = 8;

/**
 * The live queries of an engine.
 *
 *     commit pipeline ─▶ LiveTable ─▶ QueryIndex ─▶ LiveQuery ─▶ Subscription ─▶ sink
 *                        by table     by user and    matches,     holds back      encodes,
 *                                     equality       projects     until flow()    sends
 *
 * A subscription registers and takes its rows in one turn of the event loop, between two commits: a change is either in the rows
 * or is told, never both, never neither.
 */
export class LiveQueries {
  readonly #parts: () => Database;
  readonly #tables = new Map<number, LiveTable>();
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(database: () => Database) {
    this.#parts = database;
  }

  get #database(): Database {
    return this.#parts();
  }

  get count(): number {
    return this.#subscriptions.size;
  }

  /** In the order in which they began. */
  list(): readonly LiveInfo[] {
    return [...this.#subscriptions.values()].map(({ info }) => info);
  }

  /**
   * Begins a subscription; one of the same id ends without a word.
   *
   * @throws KalamError `live_query_refused`, `live_query_unsupported`, `must_resnapshot`; whatever a SELECT of the same text is refused for
   */
  async subscribe(request: LiveRequest, sink: LiveSink): Promise<LiveSubscription> {
    const statement = this.#parse(request.sql);
    try {
      for (let attempts = 1; ; attempts++) {
        try {
          return await this.#begin(request, statement, sink);
        } catch (error) {
          if (!(error instanceof StalePlan)) throw error;
          if (attempts === MAX_ATTEMPTS) throw new KalamError("serialization_failure", {}, { cause: error });
        }
      }
    } catch (error) {
      if (error instanceof NotSimple) throw new KalamError("live_query_refused", { reason: error.message });
      if (!(error instanceof KalamError) || error.position === undefined) throw error;
      throw error.movedTo(placeInText(statement, error.position));
    }
  }

  #parse(sql: string): ParsedStatement {
    let statements: readonly ParsedStatement[];
    try {
      statements = this.#database.parser.parse(sql);
    } catch (error) {
      throw error instanceof StatementFailure ? error.error : error;
    }
    const [statement] = statements;
    if (statement === undefined) throw new KalamError("empty_sql");
    if (statements.length > 1) throw new KalamError("live_query_refused", { reason: "A live query is one statement" });
    return statement;
  }

  async #begin(request: LiveRequest, statement: ParsedStatement, sink: LiveSink): Promise<Subscription> {
    const { principal } = request;
    const { cache, runtime, options } = this.#database;
    const inner = statement.template.statement;
    requireStatement(principal, inner);
    if (inner.kind !== "select") throw new KalamError("live_query_refused", { reason: "A live query is a SELECT" });
    const execution: Execution = {
      statement,
      principal,
      actor: principal,
      namespace: DEFAULT_NAMESPACE,
      params: request.params ?? [],
      now: runtime.clock.nowMicros(),
      transaction: undefined,
      request: { principal },
    };
    const plan = planLive(this.#database, execution, inner.node, statement, false);
    const query = new LiveQuery(plan, execution, frameOf(this.#database, execution, plan.binder));
    const user = plan.schema.definition.kind === "shared" ? "" : principal.userId;
    const partition = cache.partition(plan.schema, user);
    for (let loading = cache.ready(partition); loading !== undefined; loading = cache.ready(partition)) await loading;
    if (!this.#database.catalog.isCurrent(plan.schema) || partition.membership !== "cached") {
      throw new StalePlan(plan.schema.fullName);
    }
    const id = `${principal.userId}-${request.connectionId}-${request.subscriptionId}`;
    const whose: Whose = { user };
    const snapshot = beginSnapshot(this.#database, partition, query, request.options);
    this.#subscriptions.get(id)?.close();
    const shared = this.#register(plan.schema, whose, queryText(execution, plan), query);
    const subscription = new Subscription({
      id,
      request,
      sink,
      query: shared,
      snapshot,
      maxHeld: options.liveMaxHeldChanges,
      clock: runtime.clock,
      onEnd: () => this.#forget(id, subscription, plan.schema, whose, shared),
    });
    this.#subscriptions.set(id, subscription);
    await subscription.begin();
    return subscription;
  }

  /** Puts a query where changes find it; an equal one that is there already serves for both. */
  #register(schema: TableSchema, whose: Whose, text: string, query: LiveQuery): LiveQuery {
    const { id } = schema.definition;
    let table = this.#tables.get(id);
    if (table === undefined) {
      table = new LiveTable();
      this.#tables.set(id, table);
      this.#database.pipeline.feed.follow(id, table);
    }
    const known = table.find(whose, text);
    if (known === undefined) table.add(whose, text, query);
    return known ?? query;
  }

  #forget(id: string, subscription: Subscription, schema: TableSchema, whose: Whose, query: LiveQuery): void {
    if (this.#subscriptions.get(id) === subscription) this.#subscriptions.delete(id);
    if (query.listeners.size > 0) return;
    const tableId = schema.definition.id;
    const table = this.#tables.get(tableId);
    table?.remove(whose, query);
    if (table?.isEmpty !== true) return;
    this.#tables.delete(tableId);
    this.#database.pipeline.feed.unfollow(tableId);
  }

  /** Ends a subscription and tells its subscriber. @returns false when there is none of this id */
  kill(id: string): boolean {
    const subscription = this.#subscriptions.get(id);
    subscription?.end(new KalamError("live_query_killed", { id }), false);
    return subscription !== undefined;
  }

  /** Ends all subscriptions: the engine is closing. */
  close(): void {
    for (const subscription of [...this.#subscriptions.values()])
      subscription.end(new KalamError("shutting_down"), true);
  }
}
