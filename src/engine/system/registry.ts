import { columns, namespaces, schemas, storages, tables } from "./catalog-tables.ts";
import { indexes, pgIndexes } from "./indexes-table.ts";
import * as informationSchema from "./information-schema.ts";
import { jobs } from "./jobs-table.ts";
import { live, liveQueries } from "./live-table.ts";
import { manifests } from "./manifest-table.ts";
import { cluster, datatypes, settings, stats } from "./server-tables.ts";
import type { SystemRelationSource } from "./system-relation.ts";
import { users } from "./users-table.ts";

export type { SystemRelationSource } from "./system-relation.ts";

const RELATIONS: ReadonlyMap<string, SystemRelationSource> = new Map(
  [
    cluster,
    columns,
    datatypes,
    indexes,
    jobs,
    live,
    liveQueries,
    manifests,
    namespaces,
    pgIndexes,
    schemas,
    settings,
    stats,
    storages,
    tables,
    users,
    informationSchema.columns,
    informationSchema.keyColumnUsage,
    informationSchema.schemata,
    informationSchema.tableConstraints,
    informationSchema.tables,
    informationSchema.views,
  ].map((source) => [source.shape.name, source]),
);

/** The server's own table of this name, if there is one. */
export function systemRelation(namespace: string, name: string): SystemRelationSource | undefined {
  return RELATIONS.get(`${namespace}.${name}`);
}
