import { KalamError, toKalamError } from "../../errors/index.ts";
import { requireStatement } from "../auth/permissions.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { NotSimple } from "../query/expression/index.ts";
import { frameOf } from "../query/select.ts";
import { placeInText } from "../sql/index.ts";
import { StalePlan } from "../stale-plan.ts";
import { DEFAULT_NAMESPACE } from "../statements/default-namespace.ts";
import { beginSnapshot } from "./begin-snapshot.ts";
import type { LiveInfo, LiveRequest, LiveSink, LiveSubscription } from "./contract.ts";
import { beginSnapshotOfAll } from "./everybody.ts";
import { LiveQuery } from "./live-query.ts";
import { LiveTable, type Whose } from "./live-table.ts";
import { planLive } from "./plan.ts";
import { type PreparedText, prepareText } from "./prepare.ts";
import { queryText } from "./query-text.ts";
import { readyPartition, retrying } from "./ready-partition.ts";
import type { Snapshot } from "./snapshot.ts";
import { Subscription } from "./subscription.ts";
import { UserFilter } from "./user-filter.ts";

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
    const text = prepareText(this.#database.parser, request);
    requireStatement(request.principal, text.whole.template.statement);
    try {
      return await retrying(() => this.#begin(request, text, sink));
    } catch (error) {
      if (error instanceof NotSimple) throw new KalamError("live_query_refused", { reason: error.message });
      if (!(error instanceof KalamError) || error.position === undefined) throw error;
      throw error.movedTo(placeInText(text.query, error.position));
    }
  }

  async #begin(request: LiveRequest, text: PreparedText, sink: LiveSink): Promise<Subscription> {
    const { principal } = request;
    const execution = this.#executionOf(request, text);
    const planned = planLive(this.#database, execution, text.node, text.query, text.everybody);
    const { schema } = planned;
    const shared = schema.definition.kind === "shared";
    const filter = text.storage === undefined ? undefined : new UserFilter(this.#database, schema, text.storage);
    const whose: Whose = text.everybody ? "everybody" : { user: shared ? "" : principal.userId };
    const partition = whose === "everybody" ? undefined : await readyPartition(this.#database, schema, whose.user);
    if (partition !== undefined && this.#database.cache.ready(partition) !== undefined)
      throw new StalePlan(schema.fullName);
    // From here to the end of the registration nothing may be awaited.
    const plan = this.#database.catalog.isCurrent(schema)
      ? planned
      : planLive(this.#database, execution, text.node, text.query, text.everybody);
    const key = queryText(execution, plan);
    const query =
      this.#tables.get(schema.definition.id)?.find(whose, key) ??
      new LiveQuery(plan, execution, frameOf(this.#database, execution, plan.binder));
    const snapshot =
      partition === undefined
        ? beginSnapshotOfAll(this.#database, plan.schema, query, filter, text.options)
        : beginSnapshot(this.#database, partition, query, text.options);
    const subscription = this.#register({ request, text, sink, whose, key, query, snapshot, filter });
    await subscription.begin();
    return subscription;
  }

  #executionOf({ principal, params }: LiveRequest, { query }: PreparedText): Execution {
    return {
      statement: query,
      principal,
      actor: principal,
      namespace: DEFAULT_NAMESPACE,
      params: params ?? [],
      now: this.#database.runtime.clock.nowMicros(),
      transaction: undefined,
      request: { principal },
    };
  }

  /** Puts a subscription where changes find it. */
  #register(parts: {
    readonly request: LiveRequest;
    readonly text: PreparedText;
    readonly sink: LiveSink;
    readonly whose: Whose;
    readonly key: string;
    readonly query: LiveQuery;
    readonly snapshot: Snapshot;
    readonly filter: UserFilter | undefined;
  }): Subscription {
    const { request, text, sink, whose, key, query, snapshot, filter } = parts;
    const { options, pipeline, runtime } = this.#database;
    const id = `${request.principal.userId}-${request.connectionId}-${request.subscriptionId}`;
    const tableId = query.plan.schema.definition.id;
    this.#subscriptions.get(id)?.close();
    let table = this.#tables.get(tableId);
    if (table === undefined) {
      table = new LiveTable(runtime.clock);
      this.#tables.set(tableId, table);
      pipeline.feed.follow(tableId, table);
    }
    if (query.listeners.size === 0) table.add(whose, key, query);
    const subscription = new Subscription({
      id,
      request: { ...request, options: text.options },
      sink,
      query,
      snapshot,
      filter,
      maxHeld: options.liveMaxHeldChanges,
      clock: runtime.clock,
      onEnd: () => this.#forget(subscription, tableId, whose),
    });
    this.#subscriptions.set(id, subscription);
    return subscription;
  }

  #forget(subscription: Subscription, tableId: number, whose: Whose): void {
    const { id, source } = subscription;
    if (this.#subscriptions.get(id) === subscription) this.#subscriptions.delete(id);
    if (source.listeners.size > 0) return;
    const table = this.#tables.get(tableId);
    table?.remove(whose, source);
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

  /**
   * A table has another definition now. Queries that mean the same columns as before go on, under whatever name the table has; the
   * others end, and so do those whose user may no longer read it.
   */
  tableAltered(schema: TableSchema): void {
    const table = this.#tables.get(schema.definition.id);
    for (const query of [...(table?.all() ?? [])]) {
      if (query.adopt(this.#database, schema)) {
        for (const listener of [...query.listeners]) listener.tableAltered(this.#database, schema);
      } else {
        const reason = new KalamError("live_schema_changed", { table: schema.fullName });
        for (const listener of [...query.listeners]) listener.end(reason, true);
      }
    }
  }

  tableDropped({ definition, fullName }: TableSchema): void {
    const reason = new KalamError("live_table_dropped", { table: fullName });
    for (const query of [...(this.#tables.get(definition.id)?.all() ?? [])]) {
      for (const listener of [...query.listeners]) listener.end(reason, false);
    }
  }

  /** An account was altered or dropped: subscriptions end that were begun with another role than it has now. */
  async accountChanged(userId: string): Promise<void> {
    for (const { filter } of this.#subscriptions.values()) filter?.forget(userId);
    const own = (): readonly Subscription[] =>
      [...this.#subscriptions.values()].filter(({ request }) => request.principal.userId === userId);
    if (own().length === 0) return;
    try {
      const account = await this.#database.accounts.find(userId);
      const lost = new KalamError("live_rights_lost", { user: userId });
      for (const one of own()) if (one.request.principal.role !== account?.role) one.end(lost, false);
    } catch (error) {
      for (const one of own()) one.end(toKalamError(error), true);
    }
  }

  /** Ends all subscriptions: the engine is closing. */
  close(): void {
    const reason = new KalamError("shutting_down");
    for (const subscription of [...this.#subscriptions.values()]) subscription.end(reason, true);
  }
}
