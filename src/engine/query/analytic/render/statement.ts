import type { RangeVar, SelectStmt } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import type { Random } from "../../../../runtime/random.ts";
import type { Relation } from "../../relation.ts";
import type { AnalyticalContext, ViewExpansion } from "../context.ts";
import type { BoundQuery, StatementRenderer } from "./env.ts";
import { Names } from "./names.ts";
import { Scans } from "./scans.ts";
import type { Scope } from "./scope.ts";
import { renderSelect } from "./select.ts";

/** Deep enough for any query written by hand, shallow enough for the stack and for DuckDB's own limit. */
const MAX_DEPTH = 900;
const MAX_TEXT = 16 * 1024 * 1024;
/** Relations and views that a statement may have, those inside of views among them: views of views double with every step. */
const MAX_SOURCES = 1000;

/** A statement for DuckDB, with what is needed to run it and to read its answer. */
export interface RenderedStatement extends BoundQuery {
  readonly names: Names;
  readonly scans: Scans;
}

/** Thrown while rendering when a relation must be waited for; rendering then starts again. */
class Waiting extends Error {
  readonly table: RangeVar;
  readonly context: AnalyticalContext;
  readonly source: Promise<Relation | ViewExpansion>;

  constructor(table: RangeVar, context: AnalyticalContext, source: Promise<Relation | ViewExpansion>) {
    super("waiting for a relation");
    this.table = table;
    this.context = context;
    this.source = source;
  }
}

type Sources = Map<AnalyticalContext, Map<RangeVar, Relation | ViewExpansion>>;

/**
 * PostgreSQL's tree as a statement for DuckDB. Rendering is synchronous; a relation that has to be waited for interrupts it, and it
 * starts again when the relation is there.
 *
 * @throws KalamError for whatever is not on the lists of what is allowed.
 */
export async function renderStatement(
  select: SelectStmt,
  context: AnalyticalContext,
  random: Random,
): Promise<RenderedStatement> {
  const sources: Sources = new Map();
  for (;;) {
    try {
      const statement = new Statement(sources, random);
      const query = statement.query(select, undefined, context);
      if (query.sql.length > MAX_TEXT) throw tooComplex();
      return { ...query, names: statement.names, scans: statement.scans };
    } catch (error) {
      if (error instanceof RangeError) throw tooComplex();
      if (!(error instanceof Waiting)) throw error;
      keep(sources, error.context, error.table, await error.source);
    }
  }
}

/** Views are kept as well: the context of their names is part of what is looked up when rendering starts again. */
function keep(
  sources: Sources,
  context: AnalyticalContext,
  table: RangeVar,
  source: Relation | ViewExpansion,
): Relation | ViewExpansion {
  const known = sources.get(context) ?? new Map<RangeVar, Relation | ViewExpansion>();
  known.set(table, source);
  sources.set(context, known);
  return source;
}

class Statement implements StatementRenderer {
  readonly names = new Names();
  readonly scans: Scans;
  readonly #sources: Sources;
  #depth = 0;
  #sourceCount = 0;

  constructor(sources: Sources, random: Random) {
    this.#sources = sources;
    this.scans = new Scans(random);
  }

  source(table: RangeVar, context: AnalyticalContext): Relation | ViewExpansion {
    if (++this.#sourceCount > MAX_SOURCES) throw tooComplex();
    const known = this.#sources.get(context)?.get(table);
    if (known !== undefined) return known;
    const source = context.resolve(table);
    if (source instanceof Promise) throw new Waiting(table, context, source);
    return keep(this.#sources, context, table, source);
  }

  query(select: SelectStmt, scope: Scope | undefined, context: AnalyticalContext): BoundQuery {
    return this.deeper(() => renderSelect(select, scope, context, this));
  }

  deeper<T>(work: () => T): T {
    if (this.#depth >= MAX_DEPTH) throw tooComplex();
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }
}

function tooComplex(): KalamError {
  return new KalamError("statement_too_complex", {});
}
