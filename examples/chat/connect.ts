import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { SqlClient } from "./sql-client.ts";

export interface ConnectOptions {
  readonly url?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

export interface Connected {
  readonly client: SqlClient;
  readonly url: string;
  readonly user: string;
}

interface StoredCredentials {
  readonly server_url?: string;
  readonly jwt_token?: string;
  readonly user?: string;
  readonly password?: string;
}

/**
 * Finds the server and a way in, as `kalam` does: the flags first, then the environment, then what `kalam serve` kept
 * for this machine at its first run.
 */
export async function connect(options: ConnectOptions): Promise<Connected> {
  const kept = await storedCredentials();
  const url = (options.url ?? kept.server_url ?? "http://localhost:8080").replace(/\/+$/, "");
  const user = options.user ?? kept.user ?? "root";
  const given = options.password ?? process.env.KALAMDB_PASSWORD ?? process.env.KALAMDB_ROOT_PASSWORD;
  const token = options.token ?? (given === undefined && options.user === undefined ? kept.jwt_token : undefined);
  if (token !== undefined) return { client: new SqlClient(url, token), url, user };
  const password = given ?? (user === (kept.user ?? "root") ? kept.password : undefined);
  if (password === undefined) {
    throw new Error("No password: give --password, set KALAMDB_PASSWORD, or run `kalam login` once.");
  }
  return { client: await SqlClient.login(url, user, password), url, user };
}

async function storedCredentials(): Promise<StoredCredentials> {
  const path = process.env.KALAMDB_CREDENTIALS_PATH ?? join(homedir(), ".kalam", "credentials.toml");
  try {
    const file = parse(await readFile(path, "utf8")) as { instances?: { local?: StoredCredentials } };
    return file.instances?.local ?? {};
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}
