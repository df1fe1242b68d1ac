import type { ColumnRef, Node, RangeVar, SelectStmt } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import { displayRole } from "../auth/role-names.ts";
import type { Principal } from "../auth/roles.ts";
import { SEQ_SLOT, type TableSchema } from "../catalog/table-schema.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { type Compiled, type Scope, VOLATILE } from "../query/expression/frame.ts";
import { compileCondition, InputBinder, NotSimple } from "../query/expression/index.ts";
import type { RelationShape } from "../query/relation.ts";
import { nameOfRangeVar, resolveName } from "../query/resolve.ts";
import { compileTargets } from "../query/row/target-list.ts";
import type { ParsedStatement } from "../sql/statement.ts";
import { visit } from "../sql/tree.ts";
import type { LiveColumn, LiveQueryShape } from "./contract.ts";
import { type EqualityCondition, equalityOf } from "./equality.ts";

/** `_user_id` is in no slot of the row: it is the partition's. */
export const USER_SLOT = -1;

/** A live query, checked and compiled against a table as it is now. */
export interface LivePlan {
  readonly schema: TableSchema;
  readonly node: SelectStmt;
  readonly table: RangeVar;
  /** What the table is called in the query. */
  readonly alias: string;
  readonly binder: InputBinder;
  readonly where: Compiled | undefined;
  /** A condition by which changes find the query without evaluating it. */
  readonly equality: EqualityCondition | undefined;
  readonly shape: LiveQueryShape;
  /** Where the columns of the shape stand in a row of the table. */
  readonly slots: readonly number[];
}

/**
 * @param everybody the query is over the rows of all users
 * @throws KalamError `live_query_refused` with the reason; what a SELECT of the same text would be refused for
 */
export function planLive(
  database: Database,
  execution: Execution,
  node: SelectStmt,
  statement: ParsedStatement,
  everybody: boolean,
): LivePlan {
  const table = onlyTable(node);
  const resolved = resolveName(database, execution, nameOfRangeVar(table), "read");
  if (resolved.kind !== "table") {
    throw refused(resolved.kind === "view" ? "A view has no changes" : "Tables of the server have no changes", table);
  }
  const { schema } = resolved;
  requireLiveAccess(database, execution.principal, schema);
  if (everybody && schema.definition.kind === "shared")
    throw refused("A shared table is everybody's without ALL USERS", table);
  return compileLive(schema, node, statement, everybody);
}

/**
 * The same query under a new definition of its table.
 * @returns undefined when a name in it means another column than before, or none, or `*` means other columns
 */
export function replan(former: LivePlan, { statement }: Execution, schema: TableSchema): LivePlan | undefined {
  const names = new Set<string>();
  visit(former.node, (node) => {
    const column = node.ColumnRef as ColumnRef | undefined;
    const last = column?.fields?.at(-1);
    if (last !== undefined && "String" in last) names.add(last.String.sval ?? "");
  });
  const slotsIn = (shape: RelationShape): string =>
    JSON.stringify(
      shape.columns
        .filter(({ name, hidden }) => names.has(name) || (former.shape.all && !hidden))
        .map(({ name, slot, type }) => [name, slot, type]),
    );
  if (slotsIn(former.schema.shape) !== slotsIn(schema.shape)) return undefined;
  const everybody = former.slots.includes(USER_SLOT);
  return { ...compileLive(schema, former.node, statement, everybody), shape: former.shape };
}

function compileLive(
  schema: TableSchema,
  node: SelectStmt,
  { template }: ParsedStatement,
  everybody: boolean,
): LivePlan {
  const table = onlyTable(node);
  const binder = new InputBinder(template);
  const alias = table.alias?.aliasname ?? table.relname ?? "";
  const scope: Scope = { shape: schema.shape, alias, binder };
  try {
    const where = node.whereClause === undefined ? undefined : compileCondition(node.whereClause, scope);
    if (where?.dependency === VOLATILE) throw refused("The WHERE of a live query cannot have values made by chance");
    const equality = node.whereClause === undefined ? undefined : equalityOf(node.whereClause, scope);
    return { schema, node, table, alias, binder, where, equality, ...columnsOf(schema, node, scope, everybody) };
  } catch (error) {
    if (error instanceof NotSimple)
      throw refused(error.message.replace("not for the row evaluator: ", "No live query knows "));
    throw error;
  }
}

/** Permissions beyond those for reading. @throws KalamError `live_shared_denied` */
export function requireLiveAccess({ options }: Database, { role }: Principal, schema: TableSchema): void {
  if (schema.definition.kind !== "shared" || role !== "user" || options.liveSharedTablesForUsers) return;
  throw new KalamError("live_shared_denied", { role: displayRole(role), table: schema.fullName });
}

const CLAUSES: readonly (readonly [keyof SelectStmt, string])[] = [
  ["withClause", "WITH"],
  ["distinctClause", "DISTINCT"],
  ["groupClause", "GROUP BY"],
  ["havingClause", "HAVING"],
  ["windowClause", "WINDOW"],
  ["sortClause", "ORDER BY"],
  ["limitCount", "LIMIT"],
  ["limitOffset", "OFFSET"],
  ["valuesLists", "VALUES"],
];

function onlyTable(node: SelectStmt): RangeVar {
  if (node.op !== undefined && node.op !== "SETOP_NONE") throw refused("A live query cannot have UNION and its like");
  for (const [field, name] of CLAUSES) {
    if (node[field] !== undefined) throw refused(`A live query cannot have ${name}`);
  }
  const from = node.fromClause ?? [];
  const [first] = from;
  if (first === undefined) throw refused("A live query needs a table");
  if (from.length > 1 || "JoinExpr" in first) throw refused("A live query has one table, without joins");
  if (!("RangeVar" in first) || first.RangeVar.alias?.colnames !== undefined) {
    throw refused("A live query has one table, not a subquery or function");
  }
  return first.RangeVar;
}

function columnsOf(
  schema: TableSchema,
  node: SelectStmt,
  scope: Scope,
  everybody: boolean,
): { readonly shape: LiveQueryShape; readonly slots: readonly number[] } {
  const list = node.targetList ?? [];
  const { namespace, name, kind, primaryKey } = schema.definition;
  const columns: LiveColumn[] = [];
  const slots: number[] = [];
  const add = (column: LiveColumn, slot: number): void => {
    columns.push(column);
    slots.push(slot);
  };
  const hidden = new Set<string>();
  for (const { column, expression, node: written } of compileTargets(list, scope)) {
    const { slot } = expression;
    if (slot === undefined) {
      throw refused(`A live query selects columns and *, not expressions (${column.name})`, written);
    }
    if (column.name === "_seq" || column.name === "_deleted") hidden.add(column.name);
    else add({ ...column, role: "selected" }, slot);
  }
  const all = list.some(isStar);
  for (const column of primaryKey) {
    const { slot, type } = scope.shape?.columns.find((candidate) => candidate.name === column) ?? {};
    if (slot === undefined || type === undefined || slots.includes(slot)) continue;
    add({ name: column, type, primaryKey: true, notNull: true, role: "key" }, slot);
  }
  const seqIsKey = primaryKey.length === 0;
  const system = schema.shape.columns.filter((column) => column.hidden);
  for (const { name: column, type, slot } of system) {
    const role = slot === SEQ_SLOT ? "seq" : "deleted";
    if (role === "deleted" && !hidden.has(column) && (!all || kind === "stream")) continue;
    add({ name: column, type, notNull: true, role, ...(role === "seq" && seqIsKey ? { primaryKey: true } : {}) }, slot);
  }
  if (everybody) add({ name: "_user_id", type: { kind: "text" }, notNull: true, role: "user" }, USER_SLOT);
  return { shape: { namespace, table: name, kind, columns, all }, slots };
}

function isStar(target: Node): boolean {
  const value = "ResTarget" in target ? target.ResTarget.val : undefined;
  const last = value !== undefined && "ColumnRef" in value ? value.ColumnRef.fields?.at(-1) : undefined;
  return last !== undefined && "A_Star" in last;
}

function refused(reason: string, where?: RangeVar | Node): KalamError {
  const location = where !== undefined && "location" in where ? (where.location as number | undefined) : undefined;
  return new KalamError("live_query_refused", { reason }, location === undefined ? {} : { position: location });
}
