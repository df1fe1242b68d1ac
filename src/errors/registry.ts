/**
 * Every error that KalamDB reports, in one table.
 *
 * A row says what a client sees: the wire `code`, the HTTP `status`, the SQLSTATE that PostgreSQL gives the same
 * mistake, the `message` (with `{placeholders}`) and the `remedy`. `docs/errors.md` lists the same rows; a test
 * compares the two in both directions.
 *
 * Messages of the SQL errors keep the wording that existing clients look for ("already exists", "not found",
 * "primary key", "permission").
 */
export interface ErrorDefinition {
  /** The `error.code` of the wire. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** Five characters, as in PostgreSQL's appendix A; `XX000` where PostgreSQL has none. */
  readonly sqlstate: string;
  /** Text with `{name}` placeholders. */
  readonly message: string;
  /** What would be right. */
  readonly remedy: string;
}

function define<T extends Record<string, ErrorDefinition>>(table: T): T {
  return table;
}

const sql = (sqlstate: string, message: string, remedy: string): ErrorDefinition => ({
  code: "SQL_EXECUTION_ERROR",
  status: 400,
  sqlstate,
  message,
  remedy,
});
const invalidSql = (sqlstate: string, message: string, remedy: string): ErrorDefinition => ({
  code: "INVALID_SQL",
  status: 400,
  sqlstate,
  message,
  remedy,
});
const denied = (message: string, remedy: string): ErrorDefinition => ({
  code: "PERMISSION_DENIED",
  status: 403,
  sqlstate: "42501",
  message,
  remedy,
});

export const ERRORS = define({
  // --- the request -------------------------------------------------------------------------------------------
  invalid_json: {
    code: "INVALID_INPUT",
    status: 400,
    sqlstate: "08P01",
    message: "Invalid JSON payload: {reason}",
    remedy: 'Send an object such as {"sql": "SELECT 1"} as application/json.',
  },
  invalid_input: {
    code: "INVALID_INPUT",
    status: 400,
    sqlstate: "22023",
    message: "{reason}",
    remedy: "Correct the request as the message says.",
  },
  empty_sql: {
    code: "EMPTY_SQL",
    status: 400,
    sqlstate: "42601",
    message: "No SQL statements provided",
    remedy: "Send at least one statement.",
  },
  invalid_parameter: {
    code: "INVALID_PARAMETER",
    status: 400,
    sqlstate: "22023",
    message: "Parameter ${number} invalid: {reason}",
    remedy: "Parameters are null, booleans, numbers or strings; pass JSON values as text.",
  },
  params_with_batch: {
    code: "PARAMS_WITH_BATCH",
    status: 400,
    sqlstate: "42601",
    message: "Parameters not supported with multi-statement batches",
    remedy: "Send the statement that takes the parameters alone.",
  },
  too_many_parameters: sql(
    "54000",
    "Parameter count exceeded: maximum {maximum} parameters allowed, got {count}",
    "Send fewer parameters or raise execution.max_parameters.",
  ),
  parameter_too_large: sql(
    "54000",
    "Parameter size exceeded: parameter ${number} has {bytes} bytes (maximum {maximum} bytes)",
    "Send a smaller value or raise execution.max_parameter_size_bytes.",
  ),
  live_query_refused: invalidSql(
    "0A000",
    "Invalid SQL: {reason}",
    "A live query is SELECT columns FROM namespace.table [WHERE …], without anything behind it.",
  ),
  live_query_unsupported: {
    code: "UNSUPPORTED",
    status: 400,
    sqlstate: "0A000",
    message: "Unsupported: {reason}",
    remedy: "Correct the options of the subscription as the message says.",
  },
  live_shared_denied: denied(
    "Permission denied: Role '{role}' cannot subscribe to the shared table '{table}'",
    "Read it with SELECT, or ask the operator to set live.shared_tables_for_users.",
  ),
  live_query_killed: {
    code: "KILLED",
    status: 409,
    sqlstate: "57014",
    message: "The live query {id} was ended by an administrator",
    remedy: "Ask an administrator before subscribing again.",
  },
  live_query_not_found: sql(
    "42704",
    "Not found: Live query '{id}' does not exist",
    "SHOW LIVE QUERIES lists what is there.",
  ),
  live_schema_changed: {
    code: "SCHEMA_CHANGED",
    status: 409,
    sqlstate: "55000",
    message: "Table {table} was altered, and the live query no longer means what it did",
    remedy: "Subscribe again.",
  },
  live_table_dropped: {
    code: "NOT_FOUND",
    status: 404,
    sqlstate: "42P01",
    message: "Not found: Table {table} was dropped",
    remedy: "Nothing comes for this subscription any more.",
  },
  live_rights_lost: {
    code: "UNAUTHORIZED",
    status: 403,
    sqlstate: "42501",
    message: "Unauthorized: the rights of '{user}' have changed",
    remedy: "Log in again.",
  },
  live_query_over: sql("55000", "The live query {id} is over", "Subscribe again."),
  must_resnapshot: {
    code: "MUST_RESNAPSHOT",
    status: 409,
    sqlstate: "55000",
    message: "The subscription cannot go on from there: {reason}",
    remedy: "Subscribe again without 'from', and replace what was there by the rows that come.",
  },
  undefined_parameter: sql("42P02", "there is no parameter ${number}", "Pass one value in params for every $n."),
  statement_too_long: invalidSql(
    "54000",
    "SQL query too long: {bytes} bytes (maximum {maximum} bytes)",
    "Split the statement or raise limits.max_sql_bytes.",
  ),
  body_too_large: {
    code: "BODY_TOO_LARGE",
    status: 413,
    sqlstate: "54000",
    message: "Request body exceeds maximum allowed size",
    remedy: "Send less at once or raise rate_limit.request_body_limit_bytes.",
  },
  rate_limited: {
    code: "RATE_LIMIT_EXCEEDED",
    status: 429,
    sqlstate: "53400",
    message: "Too many queries per second. Please slow down.",
    remedy: "Wait and try again, or raise rate_limit.max_queries_per_sec.",
  },
  unsupported_media_type: {
    code: "UNSUPPORTED_MEDIA_TYPE",
    status: 415,
    sqlstate: "08P01",
    message: "{what} is not supported for request bodies",
    remedy: "Send plain JSON as application/json.",
  },
  route_not_found: {
    code: "NOT_FOUND",
    status: 404,
    sqlstate: "08P01",
    message: "There is nothing at {path}",
    remedy: "docs/http-api.md lists the routes.",
  },
  method_not_allowed: {
    code: "METHOD_NOT_ALLOWED",
    status: 405,
    sqlstate: "08P01",
    message: "{method} is not allowed at {path}",
    remedy: "docs/http-api.md lists the routes and their methods.",
  },
  address_rate_limited: {
    code: "RATE_LIMIT_EXCEEDED",
    status: 429,
    sqlstate: "53400",
    message: "Too many requests from your IP address",
    remedy: "Wait and try again, or raise rate_limit.max_requests_per_ip_per_sec.",
  },
  address_banned: {
    code: "IP_BANNED",
    status: 429,
    sqlstate: "53400",
    message: "Your IP address is turned away for a while after too many requests",
    remedy: "Wait as long as Retry-After says.",
  },
  too_many_connections: {
    code: "TOO_MANY_CONNECTIONS",
    status: 503,
    sqlstate: "53300",
    message: "Too many connections from your IP address",
    remedy: "Close connections, or raise rate_limit.max_connections_per_ip.",
  },

  // --- WebSocket ---------------------------------------------------------------------------------------------
  upgrade_required: {
    code: "UPGRADE_REQUIRED",
    status: 426,
    sqlstate: "08P01",
    message: "This address speaks WebSocket",
    remedy: "Connect to it with a WebSocket client.",
  },
  origin_refused: {
    code: "ORIGIN_REFUSED",
    status: 403,
    sqlstate: "28000",
    message: "{reason}",
    remedy: "Add the page's origin to security.cors.allowed_origins.",
  },
  live_authentication_required: {
    code: "AUTH_REQUIRED",
    status: 401,
    sqlstate: "28000",
    message: "Authentication required before subscribing",
    remedy: "Send an authenticate message first.",
  },
  live_message_too_large: {
    code: "MESSAGE_TOO_LARGE",
    status: 413,
    sqlstate: "54000",
    message: "Message too large: {bytes} bytes (maximum {maximum} bytes)",
    remedy: "Send less at once or raise security.max_ws_message_size.",
  },
  live_message_rate: {
    code: "RATE_LIMIT_EXCEEDED",
    status: 429,
    sqlstate: "53400",
    message: "Too many messages",
    remedy: "Send fewer messages a second, or raise rate_limit.max_messages_per_sec.",
  },
  live_binary: {
    code: "UNSUPPORTED_DATA",
    status: 415,
    sqlstate: "08P01",
    message: "{reason}",
    remedy: "Ask for msgpack in the authenticate message, or send JSON as text.",
  },
  live_subscription_id: {
    code: "INVALID_SUBSCRIPTION_ID",
    status: 400,
    sqlstate: "22023",
    message: "Subscription id must have 1 to {maximum} characters",
    remedy: "Choose an id for the subscription.",
  },
  live_user_subscriptions: {
    code: "SUBSCRIPTION_LIMIT_EXCEEDED",
    status: 429,
    sqlstate: "53400",
    message: "Maximum subscriptions reached ({maximum})",
    remedy: "Close live queries, or raise rate_limit.max_subscriptions_per_user.",
  },
  live_connection_subscriptions: {
    code: "UNSUPPORTED",
    status: 429,
    sqlstate: "53400",
    message: "Invalid operation: Maximum subscriptions ({maximum}) per connection exceeded",
    remedy: "Close live queries, or raise websocket.max_subscriptions_per_connection.",
  },
  live_subscription_missing: {
    code: "BATCH_FETCH_FAILED",
    status: 404,
    sqlstate: "42704",
    message: "Not found: Subscription not found: {id}",
    remedy: "Subscribe first.",
  },

  // --- authentication ----------------------------------------------------------------------------------------
  missing_authorization: {
    code: "MISSING_AUTHORIZATION",
    status: 401,
    sqlstate: "28000",
    message: "Authentication required",
    remedy: "Log in at /v1/api/auth/login and send 'Authorization: Bearer <access_token>'.",
  },
  token_expired: {
    code: "TOKEN_EXPIRED",
    status: 401,
    sqlstate: "28000",
    message: "Invalid credentials",
    remedy: "Refresh the token or log in again.",
  },
  invalid_credentials: {
    code: "INVALID_CREDENTIALS",
    status: 401,
    sqlstate: "28P01",
    message: "Invalid credentials",
    remedy: "Log in again.",
  },
  login_failed: {
    code: "unauthorized",
    status: 401,
    sqlstate: "28P01",
    message: "Invalid credentials",
    remedy: "Check user and password.",
  },
  refresh_refused: {
    code: "unauthorized",
    status: 401,
    sqlstate: "28000",
    message: "{reason}",
    remedy: "Log in again.",
  },
  account_locked: {
    code: "account_locked",
    status: 401,
    sqlstate: "28000",
    message: "The account is locked after too many wrong passwords: try again in {minutes} minute(s)",
    remedy: "Wait that long, or have an administrator run ALTER USER … SET PASSWORD, which unlocks it.",
  },
  setup_required: {
    code: "setup_required",
    status: 428,
    sqlstate: "28000",
    message: "Server requires initial setup. Root password is not configured.",
    remedy: "Call POST /v1/api/auth/setup, or restart the server with KALAMDB_ROOT_PASSWORD.",
  },
  already_configured: {
    code: "already_configured",
    status: 409,
    sqlstate: "55000",
    message: "Server has already been configured. Root password is set.",
    remedy: "Log in instead.",
  },
  weak_password: {
    code: "weak_password",
    status: 400,
    sqlstate: "22023",
    message: "{subject}Weak password: {reason}",
    remedy: "Choose a password of 8 to 72 characters that is not a common one.",
  },
  invalid_user: {
    code: "invalid_user",
    status: 400,
    sqlstate: "22023",
    message: "{reason}",
    remedy: "Choose another user name.",
  },
  setup_user_exists: {
    code: "user_exists",
    status: 409,
    sqlstate: "42710",
    message: "User '{user}' already exists",
    remedy: "Choose another user name.",
  },
  auth_forbidden: {
    code: "forbidden",
    status: 403,
    sqlstate: "28000",
    message: "{reason}",
    remedy: "Connect from the server's own machine.",
  },
  auth_rate_limited: {
    code: "rate_limited",
    status: 429,
    sqlstate: "53400",
    message: "Too many authentication attempts. Please retry shortly.",
    remedy: "Wait a second, or raise rate_limit.max_auth_requests_per_ip_per_sec.",
  },

  // --- text of a statement -----------------------------------------------------------------------------------
  syntax_error: invalidSql("42601", "{message}", "See the place that the caret marks."),
  batch_parse_error: {
    code: "BATCH_PARSE_ERROR",
    status: 400,
    sqlstate: "42601",
    message: "{message}",
    remedy: "Close the quote, comment or parenthesis that is still open.",
  },
  unsupported_statement: invalidSql(
    "0A000",
    "Unsupported statement type: {statement}",
    "docs/sql.md lists the statements that KalamDB knows.",
  ),
  statement_too_complex: invalidSql(
    "54001",
    "stack depth limit exceeded: the statement is nested too deeply",
    "Use fewer than 1000 nested parentheses, chained operators or set operations; write IN (...) or AND / OR instead.",
  ),
  feature_not_supported: sql("0A000", "{feature} is not supported", "docs/sql.md lists what KalamDB supports."),
  function_not_allowed: sql(
    "42883",
    "function {name} does not exist",
    "docs/sql.md lists the functions that may be called.",
  ),
  execute_as_envelope: {
    code: "INVALID_INPUT",
    status: 400,
    sqlstate: "42601",
    message: "{message}",
    remedy: "Write EXECUTE AS USER 'name' ( statement ).",
  },

  // --- names -------------------------------------------------------------------------------------------------
  invalid_name: sql("42602", "Invalid operation: Invalid {kind} name '{name}': {reason}", "Choose another name."),
  namespace_not_found: sql(
    "3F000",
    "Not found: Namespace '{namespace}' does not exist",
    "SHOW NAMESPACES lists what is there.",
  ),
  namespace_exists: sql(
    "42P06",
    "Already exists: Namespace '{namespace}' already exists",
    "Use CREATE NAMESPACE IF NOT EXISTS.",
  ),
  system_namespace: sql(
    "42501",
    "Invalid operation: Cannot {action} system table '{table}'. System tables are managed internally.",
    "Use a namespace of your own.",
  ),
  table_not_found: sql(
    "42P01",
    'Table not found: relation "{table}" does not exist',
    "SHOW TABLES lists what is there; qualify the name or set the namespace.",
  ),
  table_exists: sql("42P07", "Already exists: Table {table} already exists", "Use CREATE TABLE IF NOT EXISTS."),
  view_exists: sql("42P07", "Already exists: View {view} already exists", "Use CREATE OR REPLACE VIEW."),
  relation_exists: sql("42P07", 'relation "{relation}" already exists', "Choose another name, or use IF NOT EXISTS."),
  index_not_found: sql("42704", 'index "{index}" does not exist', "SHOW INDEXES lists what is there."),
  index_row_too_large: sql(
    "54000",
    'index row size {bytes} exceeds maximum {maximum} for index "{index}"',
    "Values larger than that cannot be indexed: drop the index, or store less in the column.",
  ),
  view_not_found: sql(
    "42P01",
    "Not found: View '{view}' does not exist",
    "information_schema.views lists what is there.",
  ),
  recursive_view: sql(
    "42P17",
    'infinite recursion detected in rules for relation "{view}"',
    "A view cannot read itself, directly or through other views; WITH RECURSIVE inside it can.",
  ),
  wrong_object_type: sql("42809", "Invalid operation: {reason}", "Use a statement that fits the kind of object."),
  column_not_found: sql(
    "42703",
    "Invalid operation: Column '{column}' does not exist",
    "DESCRIBE TABLE shows the columns.",
  ),
  undefined_column: sql("42703", 'column "{column}" does not exist', "DESCRIBE TABLE shows the columns."),
  missing_from_entry: sql(
    "42P01",
    'missing FROM-clause entry for table "{table}"',
    "Name the table in FROM, or use its alias.",
  ),
  duplicate_alias: sql("42712", 'table name "{table}" specified more than once', "Give one of them another alias."),
  undefined_window: sql("42704", 'window "{window}" does not exist', "Define it in the WINDOW clause."),
  ambiguous_column: sql("42702", 'column reference "{column}" is ambiguous', "Qualify the column with its table."),
  invalid_column_reference: sql("42P10", "{message}", "Number the columns of the SELECT list from 1."),
  column_exists: sql("42701", "Invalid operation: Column '{column}' already exists", "Choose another name."),
  reserved_column: sql(
    "42602",
    "Invalid operation: Cannot {action} column '{column}': {reason}",
    "System columns are kept by the server.",
  ),
  user_not_found: sql("42704", "Not found: User '{user}' does not exist", "system.users lists the accounts."),
  user_exists: sql("42710", "Already exists: User '{user}' already exists", "Choose another name."),
  storage_exists: sql(
    "42710",
    "Already exists: Storage '{storage}' already exists",
    "Use CREATE STORAGE IF NOT EXISTS.",
  ),
  storage_in_use: sql(
    "2BP01",
    "Invalid operation: Cannot drop storage '{storage}': {users} still using it",
    "Drop what uses it, or give that another storage.",
  ),
  storage_not_found: sql(
    "42704",
    "Not found: Storage '{storage}' does not exist",
    "SHOW STORAGES lists what is there.",
  ),
  job_not_found: sql("42704", "Not found: Job '{job}' does not exist", "SHOW JOBS lists what is there."),

  // --- definitions -------------------------------------------------------------------------------------------
  invalid_table_definition: sql("42P16", "Invalid operation: {reason}", "Correct the definition as the message says."),
  invalid_option: sql("22023", "Invalid operation: {reason}", "Correct the option as the message says."),
  undefined_type: sql("42704", 'type "{type}" does not exist', "docs/sql.md lists the types."),
  invalid_user_definition: sql("22023", "Invalid operation: {reason}", "Correct the statement as the message says."),

  // --- values ------------------------------------------------------------------------------------------------
  invalid_text: sql(
    "22P02",
    'invalid input syntax for type {type}: "{value}"{column}',
    "Write the value in the form of its type.",
  ),
  out_of_range: sql("22003", 'value "{value}" is out of range for type {type}{column}', "Use a wider type."),
  string_too_long: sql("22001", "value too long for type {type}{column}", "Shorten the value or widen the column."),
  invalid_datetime: sql(
    "22007",
    'invalid input syntax for type {type}: "{value}"{column}',
    "Write dates as 2026-01-31 and times as 2026-01-31 12:00:00.",
  ),
  datetime_out_of_range: sql(
    "22008",
    'date/time field value out of range: "{value}"{column}',
    "Write a day and a time that exist.",
  ),
  numeric_overflow: sql("22003", "numeric field overflow{column}", "Use a DECIMAL with more digits."),
  invalid_character: sql(
    "22021",
    'invalid byte sequence for encoding "UTF8": {bytes}{column}',
    "Text holds any character but U+0000 and halves of surrogate pairs; use BYTES for binary data.",
  ),
  embedding_dimensions: sql(
    "22000",
    "Embedding dimension mismatch for column '{name}': expected {expected}, got {actual}",
    "Give one number per dimension.",
  ),
  arithmetic_overflow: sql("22003", "{type} out of range", "Cast an operand to a wider type."),
  requested_length: sql(
    "54000",
    "requested length too large",
    "Ask for at most 16777216 characters, or 262144 more than the text has where it differs from row to row; longer texts are built by the client.",
  ),
  levenshtein_length: sql(
    "22023",
    "levenshtein argument exceeds maximum length of 255 characters",
    "Compare the beginnings: left(a, 255).",
  ),
  unknown_time_zone: sql(
    "22023",
    'time zone "{zone}" not recognized',
    "Use a name as Europe/Berlin, an offset as +02:00, or an INTERVAL.",
  ),
  division_by_zero: sql("22012", "division by zero", "Guard the divisor with NULLIF."),
  invalid_escape: sql("22025", "{message}", "Write the escape character twice to mean itself."),
  invalid_substring: sql("22011", "negative substring length not allowed", "Give a length of zero or more."),
  invalid_row_count: sql("2201W", "{clause} must not be negative", "Give a number of zero or more."),
  cannot_cast: sql("42846", "cannot cast type {from} to {to}", "Cast through text or change the expression."),
  datatype_mismatch: sql("42804", "{message}", "Cast one side to the other's type."),
  undefined_operator: sql(
    "42883",
    "operator does not exist: {operator}",
    "Cast the operands to types that the operator takes.",
  ),
  grouping_error: sql("42803", "{message}", "Add the column to GROUP BY or use an aggregate."),
  too_many_subquery_rows: sql(
    "21000",
    "more than one row returned by a subquery used as an expression",
    "Make sure that the subquery gives one row, or use IN.",
  ),
  query_failed: sql("XX000", "Execution error: {message}", "Correct the statement as the message says."),
  cardinality_violation: sql(
    "21000",
    "ON CONFLICT DO UPDATE command cannot affect row a second time",
    "Make sure that no two rows proposed for insertion have the same key.",
  ),

  // --- constraints and writes --------------------------------------------------------------------------------
  primary_key_violation: sql(
    "23505",
    "Already exists: Primary key violation: value '{value}' already exists in column '{column}'",
    "Use another key, or INSERT … ON CONFLICT.",
  ),
  not_null_violation: sql(
    "23502",
    "Constraint violation: NOT NULL constraint violation: column '{column}' cannot be NULL (row {row})",
    "Give the column a value or a default.",
  ),
  column_has_nulls: sql(
    "23502",
    "Constraint violation: column '{column}' of table {table} has rows without a value",
    "Give them one first: UPDATE … SET … WHERE … IS NULL, as every user who has such rows.",
  ),
  insert_width: invalidSql("42601", "INSERT has {problem}", "Give one value for every column named."),
  where_required: sql(
    "21000",
    "Invalid operation: {verb} requires a WHERE clause",
    "Write WHERE true if every row is meant.",
  ),
  primary_key_update: sql(
    "0A000",
    "Invalid operation: UPDATE cannot modify primary key column '{column}'",
    "Insert a row with the new key and delete the old one.",
  ),
  stream_update: sql(
    "0A000",
    "Invalid operation: {verb} is not supported for STREAM tables",
    "Stream rows are inserted, deleted by key, or expire.",
  ),
  invalid_conflict_target: sql(
    "42P10",
    "there is no unique or exclusion constraint matching the ON CONFLICT specification",
    "Name the columns of the primary key.",
  ),
  serialization_failure: sql(
    "40001",
    "Conflict: could not serialize access due to concurrent update",
    "Send the transaction again.",
  ),

  // --- transactions ------------------------------------------------------------------------------------------
  transaction_open: sql(
    "25001",
    "Conflict: there is already a transaction in progress",
    "COMMIT or ROLLBACK before the next BEGIN.",
  ),
  no_transaction: sql(
    "25P01",
    "Invalid operation: {verb} requires an active explicit SQL transaction",
    "Start with BEGIN in the same request.",
  ),
  transaction_left_open: sql(
    "25000",
    "Request completed with an open explicit transaction; rolled back automatically",
    "End the request with COMMIT or ROLLBACK.",
  ),
  not_in_transaction: sql(
    "25001",
    "Invalid operation: {what} cannot run inside a transaction",
    "Run it outside BEGIN … COMMIT.",
  ),
  transaction_too_large: sql(
    "53400",
    "Transaction buffer exceeded: {bytes} bytes (maximum {maximum} bytes)",
    "Write and commit in smaller pieces, or raise max_transaction_buffer_bytes.",
  ),

  // --- limits ------------------------------------------------------------------------------------------------
  result_too_large: sql(
    "54000",
    "Result exceeds {maximum} rows (limits.max_result_rows)",
    "Add a LIMIT or raise limits.max_result_rows.",
  ),
  batch_result_too_large: sql(
    "54000",
    "The results of the request are larger than {maximum} bytes together",
    "Send the statement on its own, so that its rows are streamed, add a LIMIT, or raise limits.max_batch_result_mib.",
  ),
  query_memory: sql(
    "53200",
    "out of memory: the query needs more than its share of memory",
    "Narrow the query, add a LIMIT, or raise the memory limit of the analytical engine.",
  ),
  stream_memory: sql(
    "53200",
    "out of memory: the rows of STREAM tables take all the {maximum} bytes that they may",
    "Wait until rows have outlived their TTL_SECONDS, delete some, or raise stream.memory_mib.",
  ),
  timeout: sql(
    "57014",
    "Timeout: canceling statement due to statement timeout ({seconds} s)",
    "Narrow the statement or raise execution.handler_timeout_seconds.",
  ),
  cancelled: sql("57014", "canceling statement due to user request", "Send it again if it is still wanted."),
  overloaded: {
    code: "OVERLOADED",
    status: 503,
    sqlstate: "53300",
    message: "The server has too many statements waiting ({waiting})",
    remedy: "Try again shortly.",
  },

  too_many_jobs: {
    code: "OVERLOADED",
    status: 503,
    sqlstate: "53300",
    message: "The server has too many jobs waiting ({waiting})",
    remedy: "Try again when some have finished, or raise jobs.max_waiting.",
  },

  // --- jobs --------------------------------------------------------------------------------------------------
  job_not_active: sql(
    "55000",
    "Invalid operation: Cannot cancel job in status {status}",
    "Only jobs that wait or run can be cancelled.",
  ),
  invalid_job_parameters: sql(
    "22023",
    "Invalid operation: Invalid parameters for a job of type {type}: {reason}",
    "Correct the parameters as the message says.",
  ),

  // --- permissions -------------------------------------------------------------------------------------------
  admin_required: denied(
    "Unauthorized: Admin privileges (DBA or System role) required for {what}",
    "Ask an administrator.",
  ),
  insufficient_privileges: denied("Unauthorized: Insufficient privileges to {what}", "Ask an administrator."),
  account_change_denied: denied("Unauthorized: {reason}", "Ask an account with the role system."),
  role_required: denied("Permission denied: {what} requires one of the roles {roles}", "Ask an administrator."),
  system_table_denied: denied(
    "Permission denied: Access denied: Role '{role}' cannot access table '{table}'. System tables require 'dba' or 'system' role.",
    "Ask an administrator.",
  ),
  shared_table_denied: denied(
    "Permission denied: Access denied: Role '{role}' cannot access table '{table}'. Shared table {mode} denied (access_level={level})",
    "Ask an administrator.",
  ),
  system_write_denied: denied(
    "Permission denied: Cannot {action} system table '{table}'. System tables are read-only.",
    "Use the statements made for it, such as ALTER USER.",
  ),
  execute_as_denied: denied(
    "Unauthorized: EXECUTE AS USER is not authorized: actor '{actor}' with role {actorRole} cannot target '{target}' with role {targetRole}",
    "Only service, dba and system act for others.",
  ),
  execute_as_shared: sql(
    "0A000",
    "EXECUTE AS USER is not allowed on SHARED tables (table '{table}'). AS USER impersonation is only supported for USER and STREAM tables.",
    "Write to shared tables as yourself.",
  ),

  // --- the server itself -------------------------------------------------------------------------------------
  storage_full: {
    code: "STORAGE_FULL",
    status: 507,
    sqlstate: "53100",
    message: "{what} could not write: the disk is full",
    remedy: "Free space on its volume; nothing that was acknowledged is lost.",
  },
  segment_failed: {
    code: "SEGMENT_FAILED",
    status: 503,
    sqlstate: "58030",
    message: "A segment could not be written: {reason}",
    remedy: "Look at the storage and at the memory of the analytical engine; the rows are where they were.",
  },

  storage_failed: {
    code: "STORAGE_FAILED",
    status: 503,
    sqlstate: "58030",
    message: "The hot store failed: {reason}",
    remedy: "See the server's log; nothing that was acknowledged is lost.",
  },
  storage_unavailable: {
    code: "STORAGE_FAILED",
    status: 503,
    sqlstate: "58030",
    message: "Storage '{storage}' failed: {reason}",
    remedy: "STORAGE CHECK shows what works; nothing that was acknowledged is lost.",
  },
  starting: {
    code: "STARTING",
    status: 503,
    sqlstate: "57P03",
    message: "The server is starting",
    remedy: "Try again in a moment.",
  },
  shutting_down: {
    code: "SHUTTING_DOWN",
    status: 503,
    sqlstate: "57P01",
    message: "The server is shutting down",
    remedy: "Connect again when it is back.",
  },
  internal: {
    code: "INTERNAL_ERROR",
    status: 500,
    sqlstate: "XX000",
    message: "Internal error: {reason}",
    remedy: "This is a bug: please report it with the request id and the server's log.",
  },
  segment_unreadable: {
    code: "SEGMENT_UNREADABLE",
    status: 500,
    sqlstate: "XX001",
    message: "The segment {path} cannot be read: {reason}",
    remedy: "Restore the file from a backup. Rows of other segments, users and tables are not touched.",
  },

  // --- starting ----------------------------------------------------------------------------------------------
  config_invalid: {
    code: "CONFIG_INVALID",
    status: 500,
    sqlstate: "F0000",
    message: "Configuration error: {reason}",
    remedy: "Correct the file, the environment or the flag that the message names.",
  },
  port_taken: {
    code: "PORT_TAKEN",
    status: 500,
    sqlstate: "55006",
    message: "Cannot listen on {address}: {reason}",
    remedy: "Stop what listens there or choose another --port.",
  },
  data_locked: {
    code: "DATA_LOCKED",
    status: 500,
    sqlstate: "55006",
    message: "The data folder {path} is in use by process {pid}",
    remedy: "Stop the other server or choose another --data-dir.",
  },
  data_corrupt: {
    code: "DATA_CORRUPT",
    status: 500,
    sqlstate: "XX001",
    message: "The data folder {path} cannot be read: {reason}",
    remedy: "Restore it from a backup; KalamDB changes nothing in a folder it cannot read.",
  },
  driver_unavailable: {
    code: "DRIVER_UNAVAILABLE",
    status: 500,
    sqlstate: "58000",
    message: "The hot-store driver '{driver}' cannot be loaded: {reason}",
    remedy:
      "Run 'npm rebuild sqlite3' (it needs a C++ compiler where no prebuilt binary exists) or choose another driver.",
  },
});

export type ErrorKey = keyof typeof ERRORS;
