import { type MeResponse, ServerError } from "../../client/index.ts";
import { connect } from "./connect.ts";
import type { ConnectionFlags } from "./settings.ts";

export interface ServerStatus {
  readonly url: string;
  /** `alive` when the server keeps its health to itself. */
  readonly status: string;
  readonly version: string | null;
  readonly user: string;
  readonly role: string;
}

/** @throws ConnectionError when there is no server; AuthenticationError when it refuses the login. */
export async function readStatus(flags: ConnectionFlags, timeoutMs: number): Promise<ServerStatus> {
  const { client } = await connect(flags);
  const me = await client.get<MeResponse>("/v1/api/auth/me", { timeoutMs });
  const health = await client
    .get<{ status: string; version?: string }>("/v1/api/healthcheck", { timeoutMs })
    .catch((error: unknown) => {
      // Details are for the server's own machine; that it answers shows that it lives.
      if (error instanceof ServerError && (error.status === 403 || error.status === 404)) return { status: "alive" };
      throw error;
    });
  return {
    url: client.url,
    status: health.status,
    version: ("version" in health ? health.version : undefined) ?? null,
    user: me.user.id,
    role: me.user.role,
  };
}

export function statusText(status: ServerStatus): string {
  const rows = [
    ["Server", status.url],
    ["Status", status.status],
    ["Version", status.version ?? "(not told)"],
    ["User", `${status.user} (${status.role})`],
  ] as const;
  return rows.map(([name, value]) => `${name.padEnd(8)} ${value}`).join("\n");
}
