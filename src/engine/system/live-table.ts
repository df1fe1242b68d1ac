import { isAdmin } from "../auth/roles.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { LiveOptions } from "../live/contract.ts";
import type { Row } from "../types/column-type.ts";
import { computedRelation, type SystemColumn } from "./system-relation.ts";

/** Also what SHOW LIVE QUERIES answers. */
export const LIVE_COLUMNS: readonly SystemColumn[] = [
  ["live_id", "text"],
  ["connection_id", "text"],
  ["subscription_id", "text"],
  ["namespace_id", "text"],
  ["table_name", "text"],
  ["user_id", "text"],
  ["query", "text"],
  ["options", "json", "null"],
  ["status", "text"],
  ["created_at", "timestamp"],
  ["last_update", "timestamp"],
  ["changes", "bigint"],
  ["node_id", "bigint"],
  ["last_ping_at", "timestamp", "null"],
];

/** Kept in memory alone: what was there before a restart is not. */
export const live = computedRelation("system.live", LIVE_COLUMNS, liveRows);
export const liveQueries = computedRelation("system.live_queries", LIVE_COLUMNS, liveRows);

/** Everybody sees their own, administrators all; oldest first. */
export function liveRows({ live: all, options }: Database, { principal }: Execution): Row[] {
  return all
    .list()
    .filter(({ userId }) => isAdmin(principal.role) || userId === principal.userId)
    .map((info) => [
      info.id,
      info.connectionId,
      info.subscriptionId,
      info.namespace,
      info.table,
      info.userId,
      info.sql,
      info.options === undefined ? null : optionsText(info.options),
      "Active",
      info.createdAt,
      info.lastUpdate,
      info.changes,
      BigInt(options.nodeId),
      info.lastHeard,
    ]);
}

const WIRE_NAMES: readonly (readonly [keyof LiveOptions, string])[] = [
  ["batchSize", "batch_size"],
  ["lastRows", "last_rows"],
  ["from", "from"],
  ["until", "until"],
  ["since", "since"],
];

/** As the client wrote them; whole numbers keep all their digits. */
function optionsText(options: LiveOptions): string {
  const given = WIRE_NAMES.flatMap(([name, wire]) => (options[name] === undefined ? [] : `"${wire}":${options[name]}`));
  return `{${given.join(",")}}`;
}
