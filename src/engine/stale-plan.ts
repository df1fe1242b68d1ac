/**
 * A definition changed between planning a statement and running it. Nothing was written; the engine plans again, a bounded
 * number of times.
 */
export class StalePlan extends Error {
  constructor(table: string) {
    super(`the definition of ${table} changed while a statement was on its way`);
    this.name = "StalePlan";
  }
}
