import { DataFolder } from "../drivers/hot/data-folder.ts";
import type { HotStore } from "../drivers/hot/hot-store.ts";
import { openHotStore } from "../drivers/hot/open.ts";
import { KalamError, toKalamError } from "../errors/index.ts";
import { createRuntime, type Runtime } from "../runtime/runtime.ts";
import { Accounts } from "./auth/accounts.ts";
import { RowAccountStore } from "./auth/row-account-store.ts";
import { Catalog } from "./catalog/catalog.ts";
import { openCold } from "./cold/open-cold.ts";
import type { Database } from "./database.ts";
import { DuckHost } from "./duckdb/host.ts";
import { checksOf } from "./jobs/checks.ts";
import { Jobs } from "./jobs/jobs.ts";
import { Scheduler } from "./jobs/scheduler.ts";
import { LiveQueries } from "./live/live-queries.ts";
import { defaultEngineOptions, type EngineOptions } from "./options.ts";
import { PlanCache } from "./plan-cache.ts";
import { AnalyticalEngine } from "./query/analytic/index.ts";
import { limitRows } from "./query/row-ceiling.ts";
import type { RequestContext, StatementExecutor, StatementResult } from "./request.ts";
import { RequestRunner } from "./request-runner.ts";
import { RetryLane } from "./retry-lane.ts";
import { CommitPipeline } from "./rows/commit-pipeline.ts";
import { PartitionCache } from "./rows/partition-cache.ts";
import { StreamSweeper } from "./rows/stream-sweeper.ts";
import { loadSqlParser, type ParsedStatement, SqlParser } from "./sql/index.ts";
import { StatementFailure } from "./statement-failure.ts";
import { type LocalBase, localBase, localStorage } from "./storages/local-storage.ts";
import { Storages } from "./storages/storages.ts";
import { defaultSurroundings, type Report, type Surroundings } from "./surroundings.ts";

/**
 * The database itself. It knows no transport and no terminal: the server calls it, and so does a program that embeds it.
 *
 *     execute ─▶ sql (text → statements) ─▶ statements ─▶ query │ rows ─▶ hot store
 *
 * @example
 * const engine = await Engine.open({ dataDir: "./data" });
 * const [result] = await engine.execute("SELECT 1", { principal: { userId: "root", role: "system" } });
 * await engine.close();
 */
export class Engine implements StatementExecutor {
  readonly #database: Database;
  readonly #plans = new PlanCache();
  readonly #folder: DataFolder | undefined;
  readonly #localBase: LocalBase;
  readonly #sweeper: StreamSweeper;
  readonly #scheduler: Scheduler;
  #closing: Promise<void> | undefined;

  private constructor(database: Database, folder: DataFolder | undefined, local: LocalBase, report: Report) {
    this.#database = database;
    this.#folder = folder;
    this.#localBase = local;
    this.#sweeper = new StreamSweeper(database.cache, database.catalog, database.pipeline, database.runtime);
    this.#scheduler = new Scheduler(checksOf(database), database.runtime, report);
  }

  /** @throws KalamError `data_locked`, `data_corrupt`, `driver_unavailable`, `storage_failed` */
  static async open(options: Partial<EngineOptions> = {}, surroundings: Partial<Surroundings> = {}): Promise<Engine> {
    const complete = { ...defaultEngineOptions, ...options };
    const around = { ...defaultSurroundings, ...surroundings };
    await loadSqlParser();
    const folder = complete.driver === "memory" ? undefined : await DataFolder.open(complete.dataDir);
    const local = localBase(folder?.path);
    let store: HotStore | undefined;
    try {
      store = around.around(await openHotStore({ driver: complete.driver, dataDir: folder?.path ?? "" }));
      const database = await openDatabase(complete, around, store, folder?.path, local);
      await database.accounts.bootstrapRoot(complete.rootPassword);
      await database.jobs.start();
      database.accounts.onChange((userId) => void database.live.accountChanged(userId));
      const engine = new Engine(database, folder, local, around.report);
      engine.#sweeper.start();
      await engine.#scheduler.start();
      return engine;
    } catch (error) {
      await store?.close();
      await folder?.close();
      await local.close();
      throw error;
    }
  }

  get accounts(): Accounts {
    return this.#database.accounts;
  }

  get runtime(): Runtime {
    return this.#database.runtime;
  }

  get jobs(): Jobs {
    return this.#database.jobs;
  }

  get live(): LiveQueries {
    return this.#database.live;
  }

  async execute(sql: string, context: RequestContext): Promise<readonly StatementResult[]> {
    if (this.#closing !== undefined) throw new StatementFailure(new KalamError("shutting_down"), 0, sql);
    const statements = this.#parse(sql);
    this.#checkParameters(sql, statements.length, context);
    const results = await new RequestRunner(this.#database, this.#plans, context, statements).run();
    const maximum = this.#database.options.maxResultRows;
    return maximum === 0 ? results : results.map((result) => limitRows(result, maximum));
  }

  #parse(sql: string): readonly ParsedStatement[] {
    try {
      const statements = this.#database.parser.parse(sql);
      if (statements.length === 0) throw new KalamError("empty_sql");
      return statements;
    } catch (error) {
      if (error instanceof StatementFailure) throw error;
      throw new StatementFailure(toKalamError(error), 0, sql);
    }
  }

  #checkParameters(sql: string, statements: number, context: RequestContext): void {
    const params = context.params ?? [];
    if (params.length === 0) return;
    const { maxParameters, maxParameterBytes } = this.#database.options;
    if (statements > 1) throw new StatementFailure(new KalamError("params_with_batch"), 0, sql);
    if (params.length > maxParameters) {
      throw new StatementFailure(
        new KalamError("too_many_parameters", { maximum: maxParameters, count: params.length }),
        1,
        sql,
      );
    }
    params.forEach((value: unknown, index) => {
      if (!isParameter(value)) {
        const reason = "it is neither null, a boolean, a number nor text; pass JSON as its text";
        throw new StatementFailure(new KalamError("invalid_parameter", { number: index + 1, reason }), 1, sql);
      }
      if (typeof value !== "string" || value.length * 3 <= maxParameterBytes) return;
      const bytes = Buffer.byteLength(value);
      if (bytes <= maxParameterBytes) return;
      const error = new KalamError("parameter_too_large", { number: index + 1, bytes, maximum: maxParameterBytes });
      throw new StatementFailure(error, 1, sql);
    });
  }

  /** Figures for health and `system.stats`. */
  get figures(): { readonly cacheBytes: number; readonly partitions: number; readonly tables: number } {
    const { cache, catalog } = this.#database;
    return { cacheBytes: cache.bytes, partitions: cache.partitionCount, tables: catalog.tables().length };
  }

  /** Takes no more statements, waits for the writes that were taken and the jobs that run, and gives the data folder free. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { cold, jobs, live, pipeline, duck, store } = this.#database;
    this.#sweeper.stop();
    live.close();
    try {
      await this.#scheduler.drain();
      await jobs.drain();
      await pipeline.close();
      await cold.close();
      duck.close();
      await store.close();
    } finally {
      await this.#folder?.close();
      await this.#localBase.close();
    }
  }
}

async function openDatabase(
  options: EngineOptions,
  surroundings: Surroundings,
  store: HotStore,
  dataDir: string | undefined,
  local: LocalBase,
): Promise<Database> {
  const runtime = surroundings.runtime ?? createRuntime({ node: options.nodeId });
  const cache = new PartitionCache(store, {
    budgetBytes: options.cacheBytes,
    maxPartitionBytes: options.maxPartitionBytes,
  });
  const pipeline = new CommitPipeline(store, cache, runtime, options.maxWaitingWrites);
  await pipeline.start();
  const catalog = await Catalog.load(store, localStorage(local.directory));
  const accounts = new Accounts(new RowAccountStore(store, cache, pipeline), runtime, {
    enforcePasswordComplexity: options.enforcePasswordComplexity,
  });
  const storages = new Storages({
    catalog,
    accounts,
    runtime,
    timeoutMillis: options.storageTimeoutSeconds * 1000,
    around: surroundings.aroundObjects,
  });
  const duck = new DuckHost({
    memoryLimitBytes: options.analyticsMemoryBytes,
    threads: options.analyticsThreads,
    maxConcurrent: options.analyticsConcurrency,
    temporaryDirectory: dataDir === undefined ? undefined : `${dataDir}/tmp`,
    directories: storages.directories,
    runtime,
  });
  storages.onChange(() => duck.setDirectories(storages.directories));
  const cold = await openCold({
    options,
    runtime,
    store,
    cache,
    pipeline,
    catalog,
    storages,
    report: surroundings.report,
    dataDir,
  });
  const database: Database = {
    options,
    runtime,
    store,
    cache,
    pipeline,
    cold,
    catalog,
    retries: new RetryLane(),
    accounts,
    storages,
    parser: new SqlParser({ cacheEntries: options.planCacheEntries, maxStatementBytes: options.maxStatementBytes }),
    duck,
    analytics: new AnalyticalEngine(duck, (error, segments) => cold.rows.explain(error, segments)),
    jobs: new Jobs({ store, pipeline, options, surroundings, runtime, database: () => database }),
    live: new LiveQueries(() => database),
    startedAt: runtime.clock.nowMicros(),
  };
  return database;
}

/** What an embedding program passes is not checked by any wire. */
function isParameter(value: unknown): boolean {
  return value === null || ["boolean", "number", "bigint", "string"].includes(typeof value);
}
