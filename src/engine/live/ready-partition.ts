import { KalamError } from "../../errors/index.ts";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Partition } from "../rows/partition.ts";
import { StalePlan } from "../stale-plan.ts";

/** How often work on a partition is begun anew because its table was altered meanwhile. */
const MAX_ATTEMPTS = 8;

/**
 * A user's partition as it is now, whatever has become of the table since the schema was found.
 * @throws KalamError `live_table_dropped`
 */
export async function readyPartition(database: Database, schema: TableSchema, user: string): Promise<Partition> {
  for (;;) {
    const current = database.catalog.tableById(schema.definition.id);
    if (current === undefined) throw new KalamError("live_table_dropped", { table: schema.fullName });
    const partition = database.cache.partition(current, user);
    const loading = database.cache.ready(partition);
    if (loading === undefined) return partition;
    await loading;
  }
}

/** Does work again that an ALTER came into. @throws KalamError `serialization_failure` when that happens all the time */
export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await work();
    } catch (error) {
      const altered =
        error instanceof StalePlan || (error instanceof KalamError && error.key === "serialization_failure");
      if (!altered) throw error;
      if (attempts === MAX_ATTEMPTS) throw new KalamError("serialization_failure", {}, { cause: error });
    }
  }
}
