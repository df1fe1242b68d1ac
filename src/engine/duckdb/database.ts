import type { DuckDBConnection, DuckDBInstance, DuckDBScalarFunction, DuckDBTableFunction } from "@duckdb/node-api";
import { filePattern, quoteText } from "./constants.ts";
import { duckApi } from "./native.ts";

export interface DatabaseOptions {
  readonly memoryLimitBytes: number;
  readonly threads: number;
  /** Where big sorts and joins may spill; undefined lets them fail at the memory limit. */
  readonly temporaryDirectory: string | undefined;
  /** Absolute paths of the folders in which files may be read and written. There are none outside of these. */
  readonly directories: readonly string[];
}

/** A function of ours that statements may use. */
export type OwnFunction = DuckDBTableFunction | DuckDBScalarFunction;

const SPILL_FACTOR = 8;

/**
 * DuckDB in memory, locked down. What a query could do is bounded twice: the renderer writes only what is on its lists, and the
 * engine beneath could not reach an extension, another database, a setting, or a file outside of the given folders even if it
 * were given other text.
 * `lock_configuration` comes last: from then on nothing here can be changed again.
 */
export async function openDatabase(
  options: DatabaseOptions,
  functions: readonly OwnFunction[],
): Promise<DuckDBInstance> {
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
    for (const definition of functions) register(connection, definition);
    await lock(connection, options.directories);
  } finally {
    connection.closeSync();
  }
  return database;
}

function register(connection: DuckDBConnection, definition: OwnFunction): void {
  if (definition instanceof duckApi().DuckDBScalarFunction) connection.registerScalarFunction(definition);
  else connection.registerTableFunction(definition);
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
    directory === undefined ? "SET GLOBAL temp_directory = ''" : `SET GLOBAL temp_directory = ${quoteText(directory)}`,
    directory === undefined
      ? "SET GLOBAL max_temp_directory_size = '0KB'"
      : `SET GLOBAL max_temp_directory_size = '${spill}MB'`,
  ];
}

async function lock(connection: DuckDBConnection, directories: readonly string[]): Promise<void> {
  // The pattern that a file is asked for by is checked like the file that it finds.
  const allowed = new Set(directories.flatMap((directory) => [directory, filePattern(directory)]));
  await connection.run(`SET GLOBAL allowed_directories = [${[...allowed].map(quoteText).join(", ")}]`);
  await connection.run("SET GLOBAL enable_external_access = false");
  await connection.run("SET GLOBAL lock_configuration = true");
}
