import type { DuckDBConnection, DuckDBInstance, DuckDBTableFunction } from "@duckdb/node-api";
import { duckApi } from "./native.ts";

export interface DatabaseOptions {
  readonly memoryLimitBytes: number;
  readonly threads: number;
  /** Where big sorts and joins may spill; undefined lets them fail at the memory limit. */
  readonly temporaryDirectory: string | undefined;
}

const SPILL_FACTOR = 8;

/**
 * DuckDB in memory, locked down. What a query could do is bounded twice: the renderer writes only what is on its lists, and the
 * engine beneath could not reach a file, an extension, another database or a setting even if it were given other text.
 * `lock_configuration` comes last: from then on nothing here can be changed again.
 */
export async function openDatabase(options: DatabaseOptions, scan: DuckDBTableFunction): Promise<DuckDBInstance> {
  const database = await duckApi().DuckDBInstance.create(":memory:", {
    threads: String(Math.max(1, options.threads)),
    memory_limit: `${Math.max(16, Math.floor(options.memoryLimitBytes / 1_000_000))}MB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    allow_unsigned_extensions: "false",
    allow_persistent_secrets: "false",
  });
  const connection = await database.connect();
  try {
    for (const statement of settings(options)) await connection.run(statement);
    connection.registerTableFunction(scan);
    await lock(connection);
  } finally {
    connection.closeSync();
  }
  return database;
}

function settings(options: DatabaseOptions): string[] {
  const directory = options.temporaryDirectory;
  const spill = Math.floor((options.memoryLimitBytes * SPILL_FACTOR) / 1_000_000);
  return [
    "SET GLOBAL TimeZone = 'UTC'",
    "SET GLOBAL integer_division = true",
    "SET GLOBAL default_null_order = 'nulls_last_on_asc_first_on_desc'",
    "SET GLOBAL ieee_floating_point_ops = false",
    "SET GLOBAL preserve_insertion_order = true",
    directory === undefined
      ? "SET GLOBAL temp_directory = ''"
      : `SET GLOBAL temp_directory = '${directory.replaceAll("'", "''")}'`,
    directory === undefined
      ? "SET GLOBAL max_temp_directory_size = '0KB'"
      : `SET GLOBAL max_temp_directory_size = '${spill}MB'`,
  ];
}

async function lock(connection: DuckDBConnection): Promise<void> {
  await connection.run("SET GLOBAL enable_external_access = false");
  await connection.run("SET GLOBAL lock_configuration = true");
}
