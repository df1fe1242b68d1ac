import { KalamError } from "../../errors/index.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { planLive } from "../live/plan.ts";
import type { StatementResult } from "../request.ts";
import type { KillLiveQuery, SubscribeStatement } from "../sql/statement.ts";

export function killLiveQuery(
  database: Database,
  execution: Execution,
  { id, position }: KillLiveQuery,
): StatementResult {
  if (!database.live.kill(id)) throw new KalamError("live_query_not_found", { id }, { position });
  return { message: `Live query killed: ${id}`, rowCount: 0, asUser: execution.principal.userId };
}

/** What `SUBSCRIBE TO` answers where no rows can follow: whether it would work, and where. */
export function describeSubscription(
  database: Database,
  execution: Execution,
  { inner, sql, everybody }: SubscribeStatement,
): StatementResult {
  const { statement } = inner.template;
  if (statement.kind !== "select") throw new KalamError("live_query_refused", { reason: "A live query is a SELECT" });
  const { shape } = planLive(database, { ...execution, statement: inner }, statement.node, inner, everybody);
  const id = `sub-${shape.namespace}-${shape.table}-${database.runtime.textIds.uuidV7().replaceAll("-", "")}`;
  const url = execution.request.liveUrl ?? "/v1/ws";
  const row = [
    "subscription_required",
    url,
    JSON.stringify({ id, sql }),
    `Open ${url} and subscribe there to receive rows.`,
  ];
  return {
    columns: [
      { name: "status", type: { kind: "text" } },
      { name: "ws_url", type: { kind: "text" } },
      { name: "subscription", type: { kind: "json" } },
      { name: "message", type: { kind: "text" } },
    ],
    rows: [row],
    asUser: execution.principal.userId,
  };
}
