import { boolean, integer, list, oneOf, optionalText, type Setting, text } from "./setting.ts";

const MIB = 1024 * 1024;
const MANY = 2 ** 31;
const HUGE = 2 ** 40;

/**
 * Every setting of the server, in one table: `docs/configuration.md`, the names of the environment variables, the checks and
 * the TypeScript type of a configuration all come from here.
 *
 * A key is `section.key` of the TOML file. Its environment variable is `KALAMDB_<SECTION>_<KEY>`; other names are listed at
 * the row.
 */
export const SETTINGS = {
  "server.host": text("127.0.0.1", "Address to listen on."),
  "server.port": integer(8080, [0, 65_535], "Port to listen on; 0 lets the system choose."),

  "storage.data_path": text("./data", "Folder of the database; made when it does not exist.", {
    environment: ["KALAMDB_DATA_DIR"],
  }),
  "storage.timeout_seconds": integer(
    60,
    [1, 3600],
    "Seconds that a storage may take for one call of its file system; one that hangs for longer counts as gone until it answers.",
  ),
  "hot_store.driver": oneOf(
    ["sqlite", "memory"],
    "sqlite",
    "Where fresh rows are kept. `memory` keeps nothing after the process ends.",
  ),

  "cache.memory_mib": integer(128, [1, 1_048_576], "Memory for cached rows, in MiB."),
  "cache.max_partition_mib": integer(
    64,
    [1, 1_048_576],
    "A partition (one user's rows of a table, or a shared table) that needs more than this is read from the store instead of being cached, in MiB.",
  ),
  "cache.key_filters_mib": integer(32, [1, 1_048_576], "Memory for the key filters of segments, in MiB."),
  "analytics.memory_limit_mb": integer(256, [32, 1_048_576], "Memory for joins, sorts and aggregates, in MB."),
  "analytics.threads": integer(2, [1, 1024], "Threads for joins, sorts and aggregates."),
  "analytics.max_concurrent": integer(
    2,
    [1, 1024],
    "Joins, sorts and aggregates at the same time; others wait. Each holds one of the 4 threads that writes need too; raise UV_THREADPOOL_SIZE with it.",
  ),

  "flush.check_interval_seconds": integer(
    60,
    [0, 86_400],
    "Seconds between two looks at which tables have to be flushed by their FLUSH_POLICY; 0 never looks.",
  ),
  "flush.default_row_limit": integer(
    10_000,
    [1, MANY],
    "Hot rows that make a table flush whose FLUSH_POLICY is an interval alone.",
  ),
  "flush.segment_rows": integer(250_000, [1, 10_000_000], "Rows of one segment that a flush writes."),
  "flush.segment_mib": integer(32, [1, 65_536], "Size of the rows of one segment that a flush writes, in MiB."),
  "flush.memory_limit_mb": integer(256, [32, 1_048_576], "Memory for writing segments, in MB."),
  "compaction.min_segments": integer(8, [2, 10_000], "Small segments beside each other that are merged after a flush."),
  "compaction.segment_rows": integer(1_000_000, [1, 10_000_000], "Rows of one segment that compaction writes."),
  "compaction.deleted_retention_hours": integer(
    24,
    [0, 4_294_967_295],
    "Hours that deletions are kept for those who follow a table, where its DELETED_RETENTION_HOURS says nothing else.",
  ),

  "limits.max_result_rows": integer(0, [0, HUGE], "Rows a query may return; more is an error. 0 means no ceiling."),
  "limits.max_batch_result_mib": integer(
    64,
    [1, MANY],
    "Size of the rows that the statements of one request may answer together, in MiB; a statement alone has no such limit.",
  ),
  "limits.max_sql_bytes": integer(MIB, [1024, 64 * MIB], "Bytes that the SQL text of a request may have."),
  "limits.max_waiting_writes": integer(
    100_000,
    [1, MANY],
    "Statements that may wait to be written before new ones are turned away.",
  ),
  "execution.handler_timeout_seconds": integer(30, [1, 86_400], "Seconds a statement may run."),
  "execution.max_parameters": integer(50, [1, 65_535], "Parameters a statement may have."),
  "execution.max_parameter_size_bytes": integer(512 * 1024, [1, 64 * MIB], "Bytes that one parameter may have."),
  "execution.sql_plan_cache_max_entries": integer(1000, [1, 1_000_000], "Plans kept for statements seen before."),
  "execution.report_elapsed": boolean(true, "Put the elapsed time (`took`, milliseconds) into every answer."),
  max_transaction_buffer_bytes: integer(
    100 * MIB,
    [1024, HUGE],
    "Bytes of changes that one transaction, or one statement outside of any, may hold.",
  ),
  "stream.default_max_buffer": integer(
    10_000,
    [1, MANY],
    "Rows that one user's part of a STREAM table may hold; the oldest make room.",
  ),
  "stream.memory_mib": integer(
    256,
    [1, MANY],
    "Memory for the rows of all STREAM tables, in MiB; beyond it INSERT is refused. One user's part of a table holds at most an eighth of it; the oldest make room.",
  ),

  "performance.request_timeout": integer(30, [1, 86_400], "Seconds in which a request must have arrived."),
  "performance.client_request_timeout": integer(5, [1, 3600], "Seconds in which the headers must have arrived."),
  "performance.keepalive_timeout": integer(75, [1, 86_400], "Seconds an idle connection is kept."),
  "performance.max_connections": integer(25_000, [1, 1_000_000], "Connections at once."),
  "performance.backlog": integer(4096, [1, 65_535], "Connections that may wait to be accepted."),
  "performance.max_header_size": integer(16_384, [1024, MIB], "Bytes that the headers of a request may have."),
  "shutdown.drain_timeout": integer(
    10,
    [0, 3600],
    "Seconds that running requests get to finish when the server stops.",
  ),
  "shutdown.flush.timeout": integer(
    300,
    [0, 86_400],
    "Seconds that running jobs get to finish when the server stops; after that they are marked as failed.",
  ),

  "live.max_held_changes": integer(
    10_000,
    [1, MANY],
    "Changes held back for a subscription until its initial rows were taken; beyond that it begins anew.",
  ),
  "live.max_resume_changes": integer(
    100_000,
    [1, MANY],
    "Versions that a subscription which goes on may have missed; beyond that it begins anew.",
  ),
  "live.shared_tables_for_users": boolean(false, "Ordinary users may subscribe to SHARED tables that they may read."),

  "jobs.max_concurrent": integer(4, [1, 1024], "Jobs that run at the same time; others wait."),
  "jobs.max_waiting": integer(10_000, [1, 1_000_000], "Jobs that may wait before new ones are turned away."),
  "jobs.max_retries": integer(3, [0, 100], "How often a failed job is begun again."),
  "jobs.retry_backoff_ms": integer(
    100,
    [1, 60_000],
    "Milliseconds before a failed job is begun again; twice as long each time after that, up to a minute.",
  ),
  "jobs.timeout_seconds": integer(
    3600,
    [0, MANY],
    "Seconds without progress after which a job counts as hanging and is ended. 0: never.",
  ),
  "jobs.grace_seconds": integer(
    5,
    [1, 3600],
    "Seconds that a job which is ended gets to give up before it is no longer waited for.",
  ),
  "jobs.retention_days": integer(7, [0, 36_500], "Days that finished jobs are kept in system.jobs."),
  "jobs.max_kept": integer(10_000, [1, 1_000_000], "Jobs that are kept at most; the oldest finished ones make room."),

  "rate_limit.max_queries_per_sec": integer(100_000, [1, MANY], "SQL requests per second and user."),
  "rate_limit.max_auth_requests_per_ip_per_sec": integer(20, [1, MANY], "Logins and the like per second and address.", {
    environment: ["KALAMDB_RATE_LIMIT_AUTH_REQUESTS_PER_IP_PER_SEC"],
  }),
  "rate_limit.enable_connection_protection": boolean(
    true,
    "Guard requests and connections per address (never loopback).",
  ),
  "rate_limit.max_requests_per_ip_per_sec": integer(200, [1, MANY], "Requests per second and address."),
  "rate_limit.max_connections_per_ip": integer(100, [1, MANY], "Connections per address."),
  "rate_limit.ban_duration_seconds": integer(
    300,
    [1, MANY],
    "Seconds an address is turned away after many violations.",
  ),
  "rate_limit.request_body_limit_bytes": integer(
    10 * MIB,
    [1024, 2 ** 30],
    "Bytes that the body of a request may have.",
  ),

  "rate_limit.max_messages_per_sec": integer(1000, [1, MANY], "WebSocket messages per second and connection."),
  "rate_limit.max_subscriptions_per_user": integer(
    100,
    [1, MANY],
    "Live queries that one user may have open, over all connections.",
  ),

  "websocket.auth_timeout_secs": integer(3, [1, 3600], "Seconds in which a WebSocket client must have authenticated."),
  "websocket.client_timeout_secs": integer(
    10,
    [1, 86_400],
    "Seconds after which a silent WebSocket client counts as gone.",
  ),
  "websocket.heartbeat_interval_secs": integer(
    5,
    [1, 3600],
    "Seconds between two looks for silent WebSocket clients, and for those whose token has expired.",
  ),
  "websocket.max_subscriptions_per_connection": integer(
    100,
    [1, MANY],
    "Live queries that one connection may have open.",
  ),
  "websocket.max_buffered_bytes": integer(
    4 * MIB,
    [64 * 1024, HUGE],
    "Bytes that may wait for a WebSocket client that reads slowly; with more, its connection is closed, and it resumes where it was.",
  ),
  "websocket.max_total_buffered_mib": integer(
    256,
    [1, 1_048_576],
    "MiB that may wait for all WebSocket clients together; with more, the slowest are closed first.",
  ),

  "auth.root_password": optionalText("Password of `root` when the database is new.", {
    environment: ["KALAMDB_ROOT_PASSWORD"],
    secret: true,
  }),
  "auth.generate_root_password": boolean(
    true,
    "Make a password for `root` when the database is new and none is given. Without it, the server waits for /v1/api/auth/setup.",
  ),
  "auth.jwt_secret": optionalText(
    "Secret that signs tokens, at least 32 characters. Without one, a random secret is kept in `<data>/jwt-secret`.",
    { environment: ["KALAMDB_JWT_SECRET"], secret: true },
  ),
  "auth.jwt_trusted_issuers": text("", "Issuers of tokens besides `kalamdb`, separated by commas.", {
    environment: ["KALAMDB_JWT_TRUSTED_ISSUERS"],
  }),
  "auth.jwt_expiry_hours": integer(
    24,
    [1, 87_600],
    "Hours an access token is valid; a refresh token lives 7 times as long.",
    {
      environment: ["KALAMDB_JWT_EXPIRY_HOURS"],
    },
  ),
  "auth.cookie_secure": boolean(true, "Mark cookies `Secure` when the request came by https.", {
    environment: ["KALAMDB_COOKIE_SECURE"],
  }),
  "auth.enforce_password_complexity": boolean(false, "Check passwords in CREATE USER and ALTER USER too."),
  "auth.allow_remote_setup": boolean(false, "Allow the first-run setup from other machines.", {
    environment: ["KALAMDB_ALLOW_REMOTE_SETUP"],
  }),
  "auth.token_cache_entries": integer(10_000, [1, 10_000_000], "Verified tokens that are remembered."),

  "security.trusted_proxy_ranges": list([], "Proxies whose X-Forwarded-For is believed, as addresses or CIDR ranges.", {
    environment: ["KALAMDB_TRUSTED_PROXY_RANGES"],
  }),
  "security.max_ws_message_size": integer(
    MIB,
    [1024, 64 * MIB],
    "Bytes that a WebSocket message of a client may have.",
  ),
  "security.strict_ws_origin_check": boolean(
    false,
    "Refuse WebSocket connections without an Origin where security.cors.allowed_origins lists some.",
  ),
  "security.cors.allowed_origins": list([], "Origins that browsers may call from; empty or `*` means any."),
  "security.cors.allowed_methods": list(
    ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"],
    "Methods that browsers may use.",
  ),
  "security.cors.allowed_headers": list(
    ["Authorization", "Content-Type", "Accept", "Origin", "X-Requested-With", "X-Request-ID"],
    "Headers that browsers may send.",
  ),
  "security.cors.expose_headers": list([], "Headers that browsers may read."),
  "security.cors.allow_credentials": boolean(false, "Let browsers send cookies from other origins."),
  "security.cors.max_age": integer(3600, [0, MANY], "Seconds that browsers may remember the answer."),
  "security.cors.allow_private_network": boolean(false, "Let public pages call a server in a private network."),

  "logging.level": oneOf(["trace", "debug", "info", "warn", "error", "off"], "info", "What is worth a line.", {
    environment: ["KALAMDB_LOG_LEVEL"],
  }),
  "logging.logs_path": text("", "Folder of `server.jsonl`; empty means `<data>/logs`.", {
    environment: ["KALAMDB_LOGS_DIR"],
  }),
  "logging.log_to_console": boolean(true, "Write the log to the console too.", {
    environment: ["KALAMDB_LOG_TO_CONSOLE"],
  }),
  "logging.format": oneOf(["compact", "pretty", "json"], "compact", "Form of the lines on the console."),
  "logging.slow_query_threshold_ms": integer(1200, [0, MANY], "A statement that takes longer gets a line. 0: none."),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingKey = keyof typeof SETTINGS;

/**
 * A checked configuration: `config["server.port"]`.
 */
export type Config = {
  readonly [K in SettingKey]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
};

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** Names of the environment variables that set a key; earlier ones win. */
export function environmentNames(key: SettingKey): readonly string[] {
  return [...SETTINGS[key].environment, `KALAMDB_${key.replaceAll(".", "_").toUpperCase()}`];
}

/** Sections and keys of an existing KalamDB server's file that stand for what this server does not have. */
export const FOREIGN: readonly string[] = [
  "server.public_origin",
  "server.workers",
  "server.api_version",
  "server.enable_http2",
  "server.ui_path",
  "storage.rocksdb",
  "storage.remote_timeouts",
  "storage.shared_tables_template",
  "storage.user_tables_template",
  "limits.max_message_size",
  "limits.max_query_limit",
  "limits.default_query_limit",
  "performance.tokio_worker_threads",
  "performance.worker_max_blocking_threads",
  "performance.client_disconnect_timeout",
  "transaction_timeout_secs",
  "datafusion",
  "flush.default_time_interval",
  "flush.flush_batch_size",
  "manifest_cache",
  "retention",
  "topics",
  "stream.default_ttl_seconds",
  "stream.eviction_interval_seconds",
  "oauth",
  "user_management",
  "jobs.wal_cleanup_interval_seconds",
  "files",
  "cluster",
  "rpc_tls",
  "auth.bcrypt_cost",
  "auth.min_password_length",
  "auth.max_password_length",
  "auth.pg_auth_token",
  "execution.sql_plan_cache_ttl_seconds",
  "rate_limit.cache_max_entries",
  "rate_limit.cache_ttl_seconds",
  "security.max_request_body_size",
  "logging.otlp",
  "logging.targets",
];
