/**
 * Thrown when only the analytical path can give the right answer.
 *
 * Compiling throws it for whatever the evaluator does not know. `InputBinder.bind` and `RowQueryPlan.run` throw it when the
 * values of this execution do not fit the plan (an integer literal beyond 32 bits where the plan has a 32-bit one, a sort
 * of more rows than should be held here); nothing has been read or answered then, so the caller can take the other path.
 */
export class NotSimple extends Error {
  constructor(what: string) {
    super(`not for the row evaluator: ${what}`);
    this.name = "NotSimple";
  }
}

/** The query is simple, but segments have rows that it asks for: DuckDB reads them faster. */
export class RowsInSegments extends NotSimple {
  constructor() {
    super("rows in segments");
  }
}
