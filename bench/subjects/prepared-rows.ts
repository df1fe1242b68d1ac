import type { SqlClient } from "../../examples/chat/sql-client.ts";
import type { Bench } from "../bench.ts";
import { CONVERSATIONS, KALAM_SCHEMA, POSTGRES_SCHEMA, prepareSql } from "../data.ts";
import type { KalamServer } from "../peers/kalam-server.ts";
import type { Postgres } from "../peers/postgres.ts";

export interface PreparedRows {
  readonly server: KalamServer;
  readonly client: SqlClient;
  readonly postgres: Postgres | undefined;
}

/** A fresh server and PostgreSQL with the same 100 000 rows in them. */
export async function prepareRows(bench: Bench): Promise<PreparedRows> {
  const postgres = await bench.postgres();
  await postgres?.sql(POSTGRES_SCHEMA);
  const server = await bench.startKalam();
  const client = await server.login();
  await client.run(KALAM_SCHEMA);
  for (let conversation = 1; conversation <= CONVERSATIONS; conversation++) {
    await client.run(prepareSql("bench.messages", conversation));
  }
  if (postgres !== undefined) {
    const inserts = Array.from({ length: CONVERSATIONS }, (_, index) => prepareSql("messages", index + 1));
    await postgres.script(`${inserts.join(";\n")};\nVACUUM ANALYZE messages;\n`);
  }
  return { server, client, postgres };
}
