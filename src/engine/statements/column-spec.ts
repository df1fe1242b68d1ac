import type { Node } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import type { ColumnSpec, DefaultFunction, DefaultValue } from "../catalog/definitions.ts";
import { checkName } from "../catalog/names.ts";
import type { Database } from "../database.ts";
import type { Execution } from "../execution.ts";
import { compileExpression, InputBinder, NotSimple } from "../query/expression/index.ts";
import { frameOf } from "../query/select.ts";
import type { ColumnDefinition } from "../sql/statement.ts";
import type { ColumnType } from "../types/column-type.ts";
import { castValue, formatText, resolveType } from "../types/index.ts";

const FUNCTIONS: ReadonlyMap<string, DefaultFunction> = new Map([
  ["now", "NOW"],
  ["current_timestamp", "NOW"],
  ["localtimestamp", "NOW"],
  ["statement_timestamp", "NOW"],
  ["transaction_timestamp", "NOW"],
  ["snowflake_id", "SNOWFLAKE_ID"],
  ["uuid_v7", "UUID_V7"],
  ["uuidv7", "UUID_V7"],
  ["gen_random_uuid", "UUID_V7"],
  ["ulid", "ULID"],
  ["current_user", "CURRENT_USER"],
  ["current_user_id", "CURRENT_USER"],
  ["kdb_current_user", "CURRENT_USER"],
]);

const SQL_VALUES: ReadonlyMap<string, DefaultFunction> = new Map([
  ["SVFOP_CURRENT_TIMESTAMP", "NOW"],
  ["SVFOP_CURRENT_TIMESTAMP_N", "NOW"],
  ["SVFOP_LOCALTIMESTAMP", "NOW"],
  ["SVFOP_CURRENT_DATE", "NOW"],
  ["SVFOP_CURRENT_USER", "CURRENT_USER"],
  ["SVFOP_USER", "CURRENT_USER"],
]);

/** Checks one column of CREATE or ALTER TABLE and gives it its id. */
export function columnSpec(database: Database, execution: Execution, column: ColumnDefinition, id: number): ColumnSpec {
  const name = checkName("column", column.name, column.position);
  const type = resolveType(column.type);
  const value = column.generated
    ? ({ function: "SNOWFLAKE_ID" } as const)
    : column.defaultExpression === undefined
      ? undefined
      : defaultValue(database, execution, column.defaultExpression, type, name);
  return {
    id,
    name,
    type,
    notNull: column.notNull || column.primaryKey,
    ...(value === undefined ? {} : { default: value }),
  };
}

/**
 * A DEFAULT is one of the functions that make a new value for each row, or a constant, which is computed here once.
 *
 * @throws KalamError when it is anything else, or the constant does not fit the column
 */
export function defaultValue(
  database: Database,
  execution: Execution,
  node: Node,
  type: ColumnType,
  column: string,
): DefaultValue {
  const called = functionOf(node);
  if (called !== undefined) {
    requireCastable(called, type, column);
    return { function: called };
  }
  const binder = new InputBinder(execution.statement.template);
  try {
    const expression = compileExpression(node, { shape: undefined, alias: undefined, binder }, type);
    const frame = frameOf(database, execution, binder);
    const value = castValue(expression.evaluate([], frame), expression.type, type, "assignment", column);
    return { constant: value === null ? null : formatText(value, type) };
  } catch (error) {
    if (!(error instanceof NotSimple)) throw error;
    throw new KalamError("feature_not_supported", { feature: `this DEFAULT of column '${column}'` });
  }
}

function functionOf(node: Node): DefaultFunction | undefined {
  if ("SQLValueFunction" in node) return SQL_VALUES.get(node.SQLValueFunction.op ?? "");
  if ("TypeCast" in node && node.TypeCast.arg !== undefined) return functionOf(node.TypeCast.arg);
  if (!("FuncCall" in node) || (node.FuncCall.args?.length ?? 0) > 0) return undefined;
  const last = node.FuncCall.funcname?.at(-1);
  return last !== undefined && "String" in last ? FUNCTIONS.get((last.String.sval ?? "").toLowerCase()) : undefined;
}

const SOURCE_KINDS: Readonly<Record<DefaultFunction, readonly ColumnType["kind"][]>> = {
  NOW: ["timestamp", "timestamptz", "datetime", "date", "time", "text"],
  SNOWFLAKE_ID: ["bigint", "text"],
  UUID_V7: ["uuid", "text"],
  ULID: ["text"],
  CURRENT_USER: ["text"],
};

function requireCastable(name: DefaultFunction, type: ColumnType, column: string): void {
  if (SOURCE_KINDS[name].includes(type.kind)) return;
  throw new KalamError("datatype_mismatch", {
    message: `column "${column}" is of type ${type.kind} but default expression ${name}() is not`,
  });
}
