import { type ConnectionFlags, resolveConnection } from "../../src/cli/connection/settings.ts";
import { CredentialsFile } from "../../src/cli/credentials-file.ts";
import { SqlClient } from "./sql-client.ts";

export interface Connected {
  readonly client: SqlClient;
  readonly url: string;
  readonly user: string;
}

/**
 * Finds the server and a way in, as `kalam` does: flags, then the environment (`KALAMDB_URL`, `KALAMDB_PASSWORD` …), then
 * what `kalam serve` or `kalam login` kept for this machine.
 */
export async function connect(flags: ConnectionFlags): Promise<Connected> {
  const settings = await resolveConnection(flags, new CredentialsFile());
  const { url, token, profile } = settings;
  const user = settings.user ?? profile?.stored.user ?? "root";
  if (token !== undefined) return { client: new SqlClient(url, token), url, user };
  const password = settings.password ?? profile?.stored.password;
  if (password !== undefined) return { client: await SqlClient.login(url, user, password), url, user };
  const kept = profile?.stored.jwt_token;
  if (kept !== undefined) return { client: new SqlClient(url, kept), url, user };
  throw new Error("No password: give --password, set KALAMDB_PASSWORD, or run `kalam login` once.");
}
