import type { Statement } from "./sql/statement.ts";

interface Entry {
  readonly namespace: string;
  readonly version: number;
  readonly plan: unknown;
}

/** Namespaces under which one statement text is planned at the same time. */
const PLANS_PER_STATEMENT = 8;

/**
 * Plans by statement tree. Trees are shared by all statements that differ only in their literals (the parser keeps them), so a
 * plan is found without comparing any text, and lives as long as its tree. Any DDL raises the catalog's version, which makes
 * the plans from before it worthless.
 */
export class PlanCache {
  #plans = new WeakMap<Statement, Entry[]>();
  #hits = 0;
  #misses = 0;

  get<T>(statement: Statement, namespace: string, version: number, make: () => T): T {
    let entries = this.#plans.get(statement);
    if (entries !== undefined) {
      for (const entry of entries) {
        if (entry.version === version && entry.namespace === namespace) {
          this.#hits++;
          return entry.plan as T;
        }
      }
    }
    this.#misses++;
    const plan = make();
    entries = (entries ?? []).filter((entry) => entry.version === version).slice(-PLANS_PER_STATEMENT + 1);
    entries.push({ namespace, version, plan });
    this.#plans.set(statement, entries);
    return plan;
  }

  get counters(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#hits, misses: this.#misses };
  }

  clear(): void {
    this.#plans = new WeakMap();
  }
}
