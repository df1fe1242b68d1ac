import { KalamError } from "../../errors/index.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import type { PlanCache } from "../plan-cache.ts";
import { planSelect, runSelect } from "../query/select.ts";
import type { StatementResult } from "../request.ts";
import { planDelete, runDelete } from "../rows/dml/delete.ts";
import { planInsert, runInsert } from "../rows/dml/insert.ts";
import { planUpdate, runUpdate } from "../rows/dml/update.ts";
import type { ExplainStatement, Statement } from "../sql/statement.ts";
import { alterTable } from "./alter-table.ts";
import { describeTable } from "./describe.ts";
import { explain } from "./explain.ts";
import { createIndex, dropIndex } from "./indexes.ts";
import { killJob } from "./jobs.ts";
import { describeSubscription, killLiveQuery } from "./live-queries.ts";
import { alterNamespace, createNamespace, dropNamespace, useNamespace } from "./namespaces.ts";
import { show } from "./show.ts";
import { storageWork } from "./storage-work.ts";
import { alterStorage, checkStorage, createStorage, dropStorage } from "./storages.ts";
import { createTable, dropTable } from "./tables.ts";
import { alterUser, createUser, dropUser } from "./users.ts";
import { createView, dropView } from "./views.ts";

const IN_TRANSACTIONS = new Set<Statement["kind"]>([
  "select",
  "insert",
  "update",
  "delete",
  "explain",
  "show",
  "describe_table",
  "use_namespace",
]);

/** Runs one statement; what belongs to the request (transactions, EXECUTE AS) has been taken care of. */
export function runStatement(
  database: Database,
  plans: PlanCache,
  execution: Execution,
): Promise<StatementResult> | StatementResult {
  const { statement } = execution.statement.template;
  if (execution.transaction !== undefined && !IN_TRANSACTIONS.has(statement.kind)) {
    throw new KalamError("not_in_transaction", { what: statement.kind.replaceAll("_", " ").toUpperCase() });
  }
  switch (statement.kind) {
    case "select":
    case "insert":
    case "update":
    case "delete":
      return runPlanned(database, plans, execution);
    case "explain":
      return explain(database, execution, statement, () =>
        runPlanned(database, plans, wrapped(execution, statement.inner)),
      );
    case "create_namespace":
      return createNamespace(database, execution, statement);
    case "alter_namespace":
      return alterNamespace(database, execution, statement);
    case "drop_namespace":
      return dropNamespace(database, execution, statement);
    case "use_namespace":
      return useNamespace(database, execution, statement);
    case "create_table":
      return createTable(database, execution, statement);
    case "alter_table":
      return alterTable(database, execution, statement);
    case "drop_table":
      return dropTable(database, execution, statement);
    case "create_index":
      return createIndex(database, execution, statement);
    case "drop_index":
      return dropIndex(database, execution, statement);
    case "create_view":
      return createView(database, execution, statement);
    case "drop_view":
      return dropView(database, execution, statement);
    case "create_user":
      return createUser(database, execution, statement);
    case "alter_user":
      return alterUser(database, execution, statement);
    case "drop_user":
      return dropUser(database, execution, statement);
    case "create_storage":
      return createStorage(database, execution, statement);
    case "alter_storage":
      return alterStorage(database, execution, statement);
    case "drop_storage":
      return dropStorage(database, execution, statement);
    case "storage_check":
      return checkStorage(database, execution, statement);
    case "show":
      return show(database, execution, statement);
    case "describe_table":
      return describeTable(database, execution, statement);
    case "kill_job":
      return killJob(database, execution, statement);
    case "kill_live_query":
      return killLiveQuery(database, execution, statement);
    case "subscribe":
      return describeSubscription(database, execution, statement);
    case "storage_flush":
    case "storage_compact":
      return storageWork(database, execution, statement);
    case "clear_cache":
      database.cache.clear();
      database.parser.clearCache();
      plans.clear();
      return { message: "Caches cleared", rowCount: 0, asUser: execution.principal.userId };
    case "begin":
    case "commit":
    case "rollback":
    case "execute_as":
      throw new Error(`${statement.kind} is handled by the request`);
  }
}

/** The execution of the statement that EXPLAIN ANALYZE holds. */
function wrapped(execution: Execution, statement: ExplainStatement["inner"]): Execution {
  const template = { ...execution.statement.template, statement };
  return { ...execution, statement: { ...execution.statement, template } };
}

async function runPlanned(database: Database, plans: PlanCache, execution: Execution): Promise<StatementResult> {
  const { template } = execution.statement;
  const { statement } = template;
  const plan = <T>(make: () => T): T => plans.get(statement, execution.namespace, database.catalog.version, make);
  switch (statement.kind) {
    case "select": {
      const select = plan(() => planSelect(database, execution, statement.node, template));
      return { ...(await runSelect(database, execution, select)), asUser: execution.principal.userId };
    }
    case "insert":
      return runInsert(
        database,
        execution,
        plan(() => planInsert(database, execution, statement, template)),
      );
    case "update":
      return runUpdate(
        database,
        execution,
        plan(() => planUpdate(database, execution, statement, template)),
      );
    case "delete":
      return runDelete(
        database,
        execution,
        plan(() => planDelete(database, execution, statement, template)),
      );
    default:
      throw new Error(`${statement.kind} has no plan`);
  }
}
