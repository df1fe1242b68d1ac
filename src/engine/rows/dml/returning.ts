import type { Node, RangeVar, SelectStmt } from "libpg-query";
import type { TableSchema } from "../../catalog/table-schema.ts";
import type { Database } from "../../database.ts";
import type { Execution } from "../../execution.ts";
import { ArrayRelation } from "../../query/array-relation.ts";
import { type Frame, type InputBinder, NotSimple } from "../../query/expression/index.ts";
import type { RelationShape } from "../../query/relation.ts";
import { planRowQuery, type RowQueryPlan } from "../../query/row/index.ts";
import { analyticalContext, type QueryResult } from "../../query/select.ts";
import type { Row } from "../../types/column-type.ts";

/** What a RETURNING clause gives back: a query over the rows that the statement touched, in the order it touched them. */
export class Returning {
  readonly #node: SelectStmt;
  readonly #shape: RelationShape;
  readonly #plan: RowQueryPlan | undefined;

  constructor(list: Node[], schema: TableSchema, target: RangeVar, binder: InputBinder) {
    this.#node = { targetList: list, fromClause: [{ RangeVar: target }] };
    this.#shape = schema.shape;
    const scope = { shape: this.#shape, alias: target.alias?.aliasname ?? target.relname, binder };
    this.#plan = planRowQuery(this.#node, scope, []);
  }

  /** @param simple false when the inputs of this execution could not be bound for the row evaluator */
  async run(
    database: Database,
    execution: Execution,
    rows: readonly Row[],
    frame: Frame,
    simple: boolean,
  ): Promise<QueryResult> {
    const relation = new ArrayRelation(this.#shape, rows);
    if (this.#plan !== undefined && simple) {
      try {
        return { columns: this.#plan.columns, rows: await this.#plan.run(relation, frame) };
      } catch (error) {
        if (!(error instanceof NotSimple)) throw error;
      }
    }
    const context = analyticalContext(database, execution, (table) =>
      table === firstTable(this.#node) ? relation : undefined,
    );
    return database.analytics.query(this.#node, context);
  }
}

function firstTable(node: SelectStmt): RangeVar | undefined {
  const first = node.fromClause?.[0];
  return first !== undefined && "RangeVar" in first ? first.RangeVar : undefined;
}
