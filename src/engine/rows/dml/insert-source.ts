import type { InsertStmt, List, Node } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import type { ColumnSpec } from "../../catalog/definitions.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import { compileExpression, type Frame, type InputBinder, NotSimple } from "../../query/expression/index.ts";
import { inputsOf, planSelect, runSelect } from "../../query/select.ts";
import type { InsertStatement, StatementTemplate } from "../../sql/statement.ts";
import type { Value } from "../../types/column-type.ts";
import { assignInput, castValue } from "../../types/index.ts";
import { WriteAllowance } from "./write-allowance.ts";

/** Stands in a row of proposed values where the column's default belongs. */
export const USE_DEFAULT = Symbol("DEFAULT");

/** Values for the target columns of an INSERT, row by row. */
export type ProposedRow = readonly (Value | typeof USE_DEFAULT)[];

export type InsertSource = (
  database: Database,
  execution: Execution,
  frame: Frame,
) => Promise<ProposedRow[]> | ProposedRow[];

/** Compiles what stands behind the column list: `DEFAULT VALUES`, `VALUES (…), …` or a query. */
export function insertSource(
  database: Database,
  execution: Execution,
  statement: InsertStatement,
  template: StatementTemplate,
  columns: readonly ColumnSpec[],
  binder: InputBinder,
): InsertSource {
  const select = selectOf(statement.node);
  if (select === undefined) return () => [columns.map(() => USE_DEFAULT)];
  if (select.valuesLists !== undefined && select.sortClause === undefined && select.limitCount === undefined) {
    const lists = select.valuesLists.map((list) => (list as { List: List }).List.items ?? []);
    for (const items of lists) requireWidth(items.length, columns.length);
    if (statement.rowLiterals !== undefined)
      return foldedRows(lists[0] ?? [], statement.rowLiterals, template, columns);
    try {
      return valueRows(lists, columns, binder);
    } catch (error) {
      if (!(error instanceof NotSimple)) throw error;
    }
  }
  return queryRows(database, execution, statement.node, template, columns);
}

function selectOf(node: InsertStmt) {
  const select = node.selectStmt;
  return select !== undefined && "SelectStmt" in select ? select.SelectStmt : undefined;
}

function requireWidth(values: number, columns: number): void {
  if (values > columns) throw new KalamError("insert_width", { problem: "more expressions than target columns" });
  if (values < columns) throw new KalamError("insert_width", { problem: "more target columns than expressions" });
}

/** The hot path: rows of nothing but literals, which the lexer has already taken apart. */
function foldedRows(
  items: readonly Node[],
  width: number,
  template: StatementTemplate,
  columns: readonly ColumnSpec[],
): InsertSource {
  const offsets = items.map((item) => {
    if (!("ParamRef" in item)) throw new Error("a folded row holds something that is not a literal");
    return (item.ParamRef.number ?? 0) - template.parameterCount - 1;
  });
  return (_database, execution) => {
    const { literals } = execution.statement;
    const rows: ProposedRow[] = [];
    for (let start = 0; start < literals.length; start += width) {
      rows.push(
        columns.map((column, index) => {
          const literal = literals[start + (offsets[index] as number)];
          return assignInput(literal as NonNullable<typeof literal>, column.type, column.name);
        }),
      );
    }
    return rows;
  };
}

type ValueSource = (frame: Frame, inputs: ReturnType<typeof inputsOf>) => Value | typeof USE_DEFAULT;

function valueRows(
  lists: readonly (readonly Node[])[],
  columns: readonly ColumnSpec[],
  binder: InputBinder,
): InsertSource {
  const sources = lists.map((items) =>
    items.map((item, index) => valueSource(item, columns[index] as ColumnSpec, binder)),
  );
  return (_database, execution, frame) => {
    const inputs = inputsOf(execution.params, execution.statement);
    return sources.map((row) => row.map((source) => source(frame, inputs)));
  };
}

function valueSource(item: Node, column: ColumnSpec, binder: InputBinder): ValueSource {
  if ("SetToDefault" in item) return () => USE_DEFAULT;
  if ("ParamRef" in item) {
    const index = (item.ParamRef.number ?? 0) - 1;
    return (_frame, inputs) => assignInput(inputs[index] ?? null, column.type, column.name);
  }
  const expression = compileExpression(item, { shape: undefined, alias: undefined, binder }, column.type);
  return (frame) => castValue(expression.evaluate([], frame), expression.type, column.type, "assignment", column.name);
}

function queryRows(
  database: Database,
  execution: Execution,
  node: InsertStmt,
  template: StatementTemplate,
  columns: readonly ColumnSpec[],
): InsertSource {
  const select = selectOf(node);
  if (select === undefined) throw new KalamError("feature_not_supported", { feature: "this form of INSERT" });
  const query = node.withClause === undefined ? select : { ...select, withClause: node.withClause };
  const plan = planSelect(database, execution, query, template);
  return async (db, exec) => {
    const result = await runSelect(db, exec, plan);
    requireWidth(result.columns.length, columns.length);
    const rows: ProposedRow[] = [];
    const allowance = new WriteAllowance(db.options.maxTransactionBytes);
    const chunks = isRows(result.rows) ? [result.rows] : result.rows;
    for await (const chunk of chunks) {
      for (const row of chunk) {
        const proposed = columns.map((column, index) => {
          const from = result.columns[index]?.type ?? column.type;
          return castValue(row[index] ?? null, from, column.type, "assignment", column.name);
        });
        allowance.take(proposed);
        rows.push(proposed);
      }
    }
    return rows;
  };
}

function isRows<T>(rows: readonly T[] | AsyncIterable<readonly T[]>): rows is readonly T[] {
  return Array.isArray(rows);
}
