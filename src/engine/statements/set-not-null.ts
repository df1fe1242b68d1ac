import type { SelectStmt } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import type { ColumnSpec } from "../catalog/definitions.ts";
import { columnSlot, DELETED_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import { coldUsers } from "../cold/compaction/table-compaction.ts";
import { pruneSegments } from "../cold/pruning.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { runAnalytical } from "../query/select.ts";
import { keySuccessor } from "../rows/key-codec.ts";
import { partitionPrefix, tablePrefix, toBuffer } from "../rows/store-keys.ts";
import { StalePlan } from "../stale-plan.ts";

const CHUNK_ROWS = 2000;

/**
 * Makes columns NOT NULL in three steps, so that nobody waits while rows are looked through:
 *
 *     mark: new rows must have a value ── look through the rows that are there ──┬── the change
 *                                                                               └── a NULL: the mark goes
 *
 * @param names columns that are not NOT NULL yet
 * @param change makes them so in the catalog
 * @throws KalamError `column_has_nulls`
 */
export async function withoutNulls<T>(
  database: Database,
  execution: Execution,
  table: TableSchema,
  names: readonly string[],
  change: () => Promise<T>,
): Promise<T> {
  if (names.length === 0) return change();
  await mark(database, table, names, true);
  try {
    await database.runtime.milestones.reach("alter.marked");
    for (const name of names) await requireValues(database, execution, table, name);
    return await change();
  } catch (error) {
    await mark(database, table, names, false);
    throw error;
  }
}

/** @throws StalePlan when the table was altered or dropped meanwhile */
async function mark(database: Database, table: TableSchema, names: readonly string[], on: boolean): Promise<void> {
  const { catalog, pipeline, cache } = database;
  await catalog.change(pipeline, (changes, batch) => {
    const current = catalog.tableById(table.definition.id);
    if (current === undefined) return;
    const { definition } = current;
    const columns = definition.columns.map((column): ColumnSpec => {
      if (!names.includes(column.name)) return column;
      const { becomesNotNull: _, ...rest } = column;
      return on && !rest.notNull ? { ...rest, becomesNotNull: true } : rest;
    });
    changes.putTable({ ...definition, columns });
    batch.onApplied(() => {
      const marked = catalog.tableById(definition.id);
      if (marked !== undefined) cache.redefine(marked);
    });
  });
}

/** Hot rows first: those that move to segments meanwhile are looked at there. */
async function requireValues(
  database: Database,
  execution: Execution,
  table: TableSchema,
  name: string,
): Promise<void> {
  const schema = database.catalog.tableById(table.definition.id);
  const column = schema?.column(name);
  if (schema === undefined || column === undefined) return;
  if (
    (await hasHotNull(database, schema, columnSlot(column))) ||
    (await hasColdNull(database, execution, schema, column))
  ) {
    throw new KalamError("column_has_nulls", { column: name, table: schema.fullName });
  }
}

async function hasHotNull({ store, catalog }: Database, schema: TableSchema, slot: number): Promise<boolean> {
  const prefix = tablePrefix(schema.definition.id);
  const end = toBuffer(keySuccessor(prefix) as string);
  let start = toBuffer(prefix);
  for (;;) {
    const entries = await store.scan({ start, end, limit: CHUNK_ROWS });
    if (!catalog.isCurrent(schema)) throw new StalePlan(schema.fullName);
    for (const { value } of entries) {
      const row = schema.decode(value);
      if (row[DELETED_SLOT] !== true && (row[slot] ?? null) === null) return true;
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < CHUNK_ROWS) return false;
    start = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

/** Segments whose statistics know of no NULL are not opened. */
async function hasColdNull(
  database: Database,
  execution: Execution,
  schema: TableSchema,
  column: ColumnSpec,
): Promise<boolean> {
  const { id } = schema.definition;
  const comparisons = [{ slot: columnSlot(column), operator: "is null", values: [] }] as const;
  for await (const user of coldUsers(database, schema)) {
    const { manifest } = await database.cache.manifests.load(partitionPrefix(id, user), id, user);
    if (manifest === undefined) continue;
    const readable = database.cold.rows.readable(manifest, manifest.segments);
    const { segments } = pruneSegments(schema, readable, { range: {}, comparisons });
    if (segments.length > 0 && (await hasNullOf(database, execution, schema, column, user))) return true;
  }
  return false;
}

async function hasNullOf(
  database: Database,
  execution: Execution,
  schema: TableSchema,
  column: ColumnSpec,
  user: string,
): Promise<boolean> {
  const { namespace, name, kind } = schema.definition;
  const { principal } = execution;
  const owner = kind === "shared" ? principal : { ...principal, userId: user };
  const result = await runAnalytical(
    database,
    { ...execution, principal: owner },
    nullsOf(namespace, name, column.name),
  );
  if (!(Symbol.asyncIterator in result.rows)) return result.rows.length > 0;
  for await (const chunk of result.rows) if (chunk.length > 0) return true;
  return false;
}

function nullsOf(namespace: string, table: string, column: string): SelectStmt {
  const reference = (name: string) => ({ ColumnRef: { fields: [{ String: { sval: name } }] } });
  return {
    targetList: [{ ResTarget: { val: reference("_seq") } }],
    fromClause: [{ RangeVar: { schemaname: namespace, relname: table } }],
    whereClause: { NullTest: { arg: reference(column), nulltesttype: "IS_NULL" } },
  };
}
