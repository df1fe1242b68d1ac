/** What to do instead of commands that psql has and that mean nothing here. */
export const PSQL_HABITS: Readonly<Record<string, string>> = {
  df: "There are no functions of your own; docs/sql.md lists those that exist.",
  di: "The primary key is a table's only index; \\d shows it.",
  ds: "There are no sequences; SNOWFLAKE_ID() makes growing ids.",
  dp: "A table's ACCESS_LEVEL says who may read it; \\d+ shows it.",
  copy: 'Load with INSERT statements from a file (\\i file); write results with kalam --csv -c "SELECT …" > file.',
  e: "Write the statement into a file and run it with \\i file.",
  o: 'Write results into a file with kalam -c "SELECT …" > file.',
  password: "ALTER USER name SET PASSWORD '…';",
  pset: "See \\x, \\format and \\timing.",
  a: "See \\x and \\format.",
  set: "There are no variables.",
  watch: "Run the statement again with \\g.",
};
