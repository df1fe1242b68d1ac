import { createClient, type KalamDBClient, type MeResponse, ServerError } from "../../client/index.ts";
import { CredentialsFile } from "../credentials-file.ts";
import { reach, withoutAsking } from "./connect.ts";
import { type ConnectionFlags, resolveConnection } from "./settings.ts";

export interface ServerStatus {
  readonly url: string;
  /** `alive` when the server keeps its health to itself. */
  readonly status: string;
  readonly version: string | null;
  /** Null when there are no credentials. */
  readonly user: string | null;
  readonly role: string | null;
}

/**
 * Looks for the server first, then asks it who is logged in; never asks the person.
 * @throws ConnectionError when there is no server; AuthenticationError when it refuses the login.
 */
export async function readStatus(
  flags: ConnectionFlags,
  timeoutMs: number,
  file = new CredentialsFile(),
): Promise<ServerStatus> {
  const settings = await resolveConnection(flags, file);
  await reach(settings.url, timeoutMs);
  const known = withoutAsking(settings, file)?.client;
  const me = await known?.get<MeResponse>("/v1/api/auth/me", { timeoutMs });
  const { status, version } = await readHealth(known ?? createClient({ url: settings.url }), timeoutMs);
  return {
    url: settings.url,
    status,
    version: version ?? null,
    user: me?.user.id ?? null,
    role: me?.user.role ?? null,
  };
}

async function readHealth(client: KalamDBClient, timeoutMs: number): Promise<{ status: string; version?: string }> {
  try {
    return await client.get("/v1/api/healthcheck", { timeoutMs });
  } catch (error) {
    // Details are for the server's own machine; that it answers shows that it lives.
    if (error instanceof ServerError && (error.status === 403 || error.status === 404)) return { status: "alive" };
    throw error;
  }
}

export function statusText(status: ServerStatus): string {
  const rows = [
    ["Server", status.url],
    ["Status", status.status],
    ["Version", status.version ?? "(not told)"],
    ["User", status.user === null ? "(not logged in)" : `${status.user} (${status.role})`],
  ] as const;
  return rows.map(([name, value]) => `${name.padEnd(8)} ${value}`).join("\n");
}
