import type { Alias, JoinExpr, Node, RangeFunction, RangeSubselect, RangeVar } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import type { Relation, RowBounds } from "../../relation.ts";
import type { ViewExpansion } from "../context.ts";
import { isView } from "../context.ts";
import { BIGINT, type Bound } from "./bound.ts";
import { type BoundColumn, type BoundQuery, type Env, strings, unsupported } from "./env.ts";
import { renderExpression, truth } from "./expressions.ts";
import { elements, elementType, functionName, seriesArguments } from "./functions/call.ts";
import type { ScanColumn } from "./scans.ts";
import { Scope, type ScopeColumn, type ScopeItem } from "./scope.ts";

const EVERY_ROW: RowBounds = { range: {}, comparisons: [] };

/** A part of FROM. Its text is made last, when it is known which columns the statement needs. */
export interface FromPart {
  /** @param where a condition that every row of this part has to meet, or undefined */
  readonly sql: (where: Node | undefined) => string;
  readonly items: readonly ScopeItem[];
  readonly visible: readonly ScopeColumn[];
}

/** Renders FROM and puts what it names into the scope. */
export function renderFrom(nodes: readonly Node[], env: Env): FromPart["sql"] {
  const parts = nodes.map((node) => {
    const part = renderPart(node, env);
    distinctAliases([...env.scope.items, ...part.items]);
    env.scope.add(part.items, part.visible);
    return part;
  });
  return (where) => parts.map((part) => part.sql(where)).join(", ");
}

function renderPart(node: Node, env: Env): FromPart {
  return env.statement.deeper(() => {
    if ("RangeVar" in node) return table(node.RangeVar, env);
    if ("JoinExpr" in node) return join(node.JoinExpr, env);
    if ("RangeSubselect" in node) return subselect(node.RangeSubselect, env);
    if ("RangeFunction" in node) return tableFunction(node.RangeFunction, env);
    throw unsupported("RangeTableSample" in node ? "TABLESAMPLE" : "this item in FROM");
  });
}

function table(range: RangeVar, env: Env): FromPart {
  const name = range.relname ?? "";
  const common = range.schemaname === undefined ? env.scope.commonTable(name) : undefined;
  if (common !== undefined) {
    return derived(
      range.alias?.aliasname ?? name,
      strings(range.alias?.colnames),
      common.columns,
      () => common.sql,
      env,
      range.location ?? 0,
    );
  }
  const source = env.statement.source(range, env.context);
  if (isView(source)) return view(source, range, env);
  return base(source, range, env);
}

function base(relation: Relation, range: RangeVar, env: Env): FromPart {
  const { names, scans } = env.statement;
  const alias = range.alias?.aliasname ?? range.relname ?? "";
  const renamed = strings(range.alias?.colnames);
  const ours = names.make(alias);
  const item: ScopeItem = {
    alias,
    schema: range.alias === undefined ? range.schemaname : undefined,
    columns: [],
    keyColumns: [],
  };
  const scanned: ScanColumn[] = [];
  const shown = relation.shape.columns.filter((column) => !column.hidden);
  tooManyNames(renamed, shown.length, alias, range.location ?? 0);
  const columns = relation.shape.columns.map((column): ScopeColumn => {
    const name = (column.hidden ? undefined : renamed[shown.indexOf(column)]) ?? column.name;
    const sql = names.make(`${alias}.${name}`);
    const scan: ScanColumn = { name: sql.slice(1, -1), column, used: false };
    scanned.push(scan);
    return {
      name,
      sql: `${ours}.${sql}`,
      type: column.type,
      hidden: column.hidden,
      primaryKey: relation.shape.keySlots.includes(column.slot),
      item,
      use: () => {
        scan.used = true;
      },
    };
  });
  item.columns = columns;
  item.keyColumns = relation.shape.keySlots.flatMap((slot) => {
    const at = relation.shape.columns.findIndex((column) => column.slot === slot);
    return columns[at] ?? [];
  });
  const bounds = (where: Node | undefined): RowBounds =>
    (where === undefined || renamed.length > 0 ? undefined : env.context.bounds?.(where, relation.shape, alias)) ??
    EVERY_ROW;
  const sql: FromPart["sql"] = (where) => `${scans.place(relation, scanned, bounds(where))} AS ${ours}`;
  return { sql, items: [item], visible: columns };
}

/** A view is a sub-select with its own names, literals and rights. */
function view(expansion: ViewExpansion, range: RangeVar, env: Env): FromPart {
  const query = viewQuery(expansion, range.location ?? 0, env);
  const columns = query.columns.map((column, index) => ({ ...column, name: expansion.columns[index] ?? column.name }));
  const alias = range.alias?.aliasname ?? range.relname ?? "";
  const part = derived(
    alias,
    strings(range.alias?.colnames),
    columns,
    () => `(${query.sql})`,
    env,
    range.location ?? 0,
  );
  const [item] = part.items;
  if (item === undefined || range.alias !== undefined || range.schemaname === undefined) return part;
  return { ...part, items: [{ ...item, schema: range.schemaname }] };
}

/** A mistake in a view's query stands where the statement names the view: the reader has no other text. */
function viewQuery(expansion: ViewExpansion, position: number, env: Env): BoundQuery {
  try {
    return env.statement.query(expansion.query, undefined, expansion.context);
  } catch (error) {
    throw error instanceof KalamError && error.position !== undefined ? error.movedTo(position) : error;
  }
}

/** A sub-select, view, CTE or function: columns that are already rendered, under an alias. */
function derived(
  alias: string,
  renamed: readonly string[],
  columns: readonly Pick<BoundColumn, "name" | "sql" | "type">[],
  sql: () => string,
  env: Env,
  position: number,
): FromPart {
  const ours = env.statement.names.make(alias);
  tooManyNames(renamed, columns.length, alias, position);
  const item: ScopeItem = { alias, schema: undefined, columns: [], keyColumns: [] };
  const visible = columns.map(
    (column, index): ScopeColumn => ({
      name: renamed[index] ?? column.name,
      sql: `${ours}.${column.sql}`,
      type: column.type?.kind === "unknown" ? { kind: "text" } : column.type,
      hidden: false,
      primaryKey: false,
      item,
      use: () => undefined,
    }),
  );
  item.columns = visible;
  return { sql: () => `${sql()} AS ${ours}`, items: [item], visible };
}

function tooManyNames(names: readonly string[], available: number, alias: string, position: number): void {
  if (names.length <= available) return;
  const message = `table "${alias}" has ${available} columns available but ${names.length} columns specified`;
  throw new KalamError("syntax_error", { message }, { position });
}

function subselect(node: RangeSubselect, env: Env): FromPart {
  if (node.subquery === undefined || !("SelectStmt" in node.subquery)) throw unsupported("this item in FROM");
  const around = node.lateral ? env.scope : outside(env);
  const query = env.statement.query(node.subquery.SelectStmt, around, env.context);
  const lateral = node.lateral ? "LATERAL " : "";
  const alias = node.alias?.aliasname ?? "";
  return derived(alias, strings(node.alias?.colnames), query.columns, () => `${lateral}(${query.sql})`, env, 0);
}

/** The scope without this FROM: its CTEs and the queries around it. */
function outside(env: Env): Scope {
  const scope = new Scope(env.scope.parent);
  scope.inherit(env.scope);
  return scope;
}

function tableFunction(node: RangeFunction, env: Env): FromPart {
  const [first] = node.functions ?? [];
  const [call] = first !== undefined && "List" in first ? (first.List.items ?? []) : [];
  if (
    call === undefined ||
    !("FuncCall" in call) ||
    (node.functions ?? []).length !== 1 ||
    node.coldeflist !== undefined
  ) {
    throw unsupported("this function in FROM");
  }
  const name = functionName(call.FuncCall);
  const position = call.FuncCall.location ?? 0;
  if (name !== "unnest" && name !== "generate_series") {
    throw new KalamError("function_not_allowed", { name: `${name}()` }, { position });
  }
  const inner: Env = { ...env, clause: "functions in FROM", aggregates: false, windows: false };
  const args = (call.FuncCall.args ?? []).map((arg) => renderExpression(arg, inner));
  const rendered = { name, args, position, env: inner };
  const alias = node.alias?.aliasname ?? name;
  const value = env.statement.names.make(alias);
  const columns: Pick<BoundColumn, "name" | "sql" | "type">[] = [
    { name: node.alias?.aliasname ?? name, sql: value, type: elementType(rendered) },
  ];
  const ordinal = env.statement.names.make("ordinality");
  if (node.ordinality) columns.push({ name: "ordinality", sql: ordinal, type: BIGINT });
  const counted = node.ordinality ? `, row_number() OVER () AS ${ordinal}` : "";
  const text =
    name === "generate_series" && args.every(isConstant)
      ? `(SELECT generate_series AS ${value}${counted} FROM generate_series(${seriesArguments(rendered)}))`
      : `LATERAL (SELECT *${counted} FROM (SELECT unnest(${elements(rendered)}) AS ${value}))`;
  return derived(alias, strings(node.alias?.colnames), columns, () => text, env, position);
}

function isConstant(bound: Bound): boolean {
  return bound.input !== undefined || !bound.sql.includes('"');
}

function join(node: JoinExpr, env: Env): FromPart {
  if (node.larg === undefined || node.rarg === undefined) throw unsupported("this join");
  const left = renderPart(node.larg, env);
  const beside = new Scope(env.scope.parent);
  beside.inherit(env.scope);
  beside.add(env.scope.items, env.scope.visible);
  beside.add(left.items, left.visible);
  const right = renderPart(node.rarg, { ...env, scope: beside });
  distinctAliases([...left.items, ...right.items]);
  const shared = node.isNatural ? commonNames(left, right) : strings(node.usingClause);
  const merged = shared.map((name) => mergeColumn(name, node, left, right));
  const visible = [
    ...merged.map((pair) => pair.column),
    ...left.visible.filter((column) => !shared.includes(column.name) || column.hidden),
    ...right.visible.filter((column) => !shared.includes(column.name) || column.hidden),
  ];
  const on = condition(node, merged, left, right, env);
  const word = joinWord(node, on);
  // Where an outer join may put NULLs in the place of a row, the WHERE judges those and not the row.
  const sql: FromPart["sql"] = (where) => {
    const onLeft = left.sql(word === "RIGHT JOIN" || word === "FULL JOIN" ? undefined : where);
    const onRight = right.sql(word === "LEFT JOIN" || word === "FULL JOIN" ? undefined : where);
    return `(${onLeft} ${word} ${onRight}${on === undefined ? "" : ` ON ${on}`})`;
  };
  const items = [...left.items, ...right.items];
  return node.alias === undefined ? { sql, items, visible } : aliased(node.alias, sql, visible);
}

function joinWord(node: JoinExpr, on: string | undefined): string {
  switch (node.jointype) {
    case "JOIN_INNER":
      return on === undefined ? "CROSS JOIN" : "INNER JOIN";
    case "JOIN_LEFT":
      return "LEFT JOIN";
    case "JOIN_RIGHT":
      return "RIGHT JOIN";
    case "JOIN_FULL":
      return "FULL JOIN";
    default:
      throw unsupported("this kind of join");
  }
}

function condition(
  node: JoinExpr,
  merged: readonly { equality: string }[],
  left: FromPart,
  right: FromPart,
  env: Env,
): string | undefined {
  if (node.isNatural || node.usingClause !== undefined) {
    if (merged.length > 0) return merged.map((pair) => pair.equality).join(" AND ");
    return node.jointype === "JOIN_INNER" ? undefined : "TRUE";
  }
  if (node.quals === undefined) return undefined;
  const scope = new Scope(env.scope.parent);
  scope.inherit(env.scope);
  scope.add(left.items, left.visible);
  scope.add(right.items, right.visible);
  return truth(
    node.quals,
    { ...env, scope, clause: "JOIN conditions", aggregates: false, windows: false },
    "argument of JOIN/ON",
  );
}

function commonNames(left: FromPart, right: FromPart): string[] {
  const names = new Set(right.visible.filter((column) => !column.hidden).map((column) => column.name));
  return left.visible.filter((column) => !column.hidden && names.has(column.name)).map((column) => column.name);
}

function mergeColumn(
  name: string,
  node: JoinExpr,
  left: FromPart,
  right: FromPart,
): { column: ScopeColumn; equality: string } {
  const [a, b] = [only(name, left, "left"), only(name, right, "right")];
  a.use();
  b.use();
  const sql =
    node.jointype === "JOIN_FULL" ? `COALESCE(${a.sql}, ${b.sql})` : node.jointype === "JOIN_RIGHT" ? b.sql : a.sql;
  const column: ScopeColumn = { ...a, sql, primaryKey: false, use: () => undefined };
  return { column, equality: `${a.sql} = ${b.sql}` };
}

function only(name: string, part: FromPart, where: string): ScopeColumn {
  const matches = part.visible.filter((column) => column.name === name);
  if (matches.length > 1) throw new KalamError("ambiguous_column", { column: name });
  const [column] = matches;
  if (column !== undefined) return column;
  throw new KalamError(
    "undefined_column",
    { column: name },
    { hint: `The column of USING is not in the ${where} table.` },
  );
}

/** `(a JOIN b) AS j`: the tables inside can no longer be named, and the WHERE may mean other columns by the same names. */
function aliased(alias: Alias, sql: FromPart["sql"], visible: readonly ScopeColumn[]): FromPart {
  const renamed = strings(alias.colnames);
  const item: ScopeItem = { alias: alias.aliasname ?? "", schema: undefined, columns: [], keyColumns: [] };
  const shown = visible.filter((column) => !column.hidden);
  const columns = shown.map((column, index) => ({ ...column, name: renamed[index] ?? column.name, item }));
  item.columns = columns;
  return { sql: () => sql(undefined), items: [item], visible: columns };
}

function distinctAliases(items: readonly ScopeItem[]): void {
  const seen = new Set<string>();
  for (const { alias, schema } of items) {
    const name = `${schema ?? ""}.${alias}`;
    if (alias !== "" && seen.has(name)) {
      throw new KalamError("duplicate_alias", { table: alias });
    }
    seen.add(name);
  }
}
