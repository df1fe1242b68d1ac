import { hostname } from "node:os";
import type { Context } from "hono";
import { isAdmin } from "../../engine/auth/roles.ts";
import { isLoopback } from "./addresses.ts";
import type { RouteApp, RouteEnvironment } from "./route-app.ts";
import type { Backend, ServerContext } from "./server-context.ts";

/** Tells everybody that the server lives; what it is made of only to administrators and to its own machine. */
export class HealthRoutes {
  readonly #context: ServerContext;
  readonly #backend: Backend;

  constructor(context: ServerContext, backend: Backend) {
    this.#context = context;
    this.#backend = backend;
  }

  register(app: RouteApp): void {
    app.get("/health", (c) => this.#health(c));
    app.get("/v1/api/healthcheck", (c) => this.#health(c));
    app.get("/v1/api/cluster/health", (c) => this.#cluster(c));
  }

  async #health(c: Context<RouteEnvironment>): Promise<Response> {
    if (!(await this.#mayKnow(c))) return c.json({ status: "healthy" });
    const { version, buildDate } = this.#context.build;
    return c.json({ status: "healthy", version, api_version: "v1", build_date: buildDate });
  }

  /** A server alone is a cluster of one. */
  async #cluster(c: Context<RouteEnvironment>): Promise<Response> {
    if (!(await this.#mayKnow(c))) return c.json({ status: "healthy" });
    const { build, config, runtime, startedAt } = this.#context;
    const uptime = Math.floor((runtime.clock.monotonic() - startedAt) / 1000);
    return c.json({
      status: "healthy",
      version: build.version,
      build_date: build.buildDate,
      is_cluster_mode: false,
      cluster_id: "standalone",
      node_id: 1,
      is_leader: true,
      total_groups: 0,
      groups_leading: 0,
      current_term: 0,
      last_applied: null,
      millis_since_quorum_ack: null,
      nodes: [
        {
          node_id: 1,
          role: "leader",
          status: "active",
          api_addr: `${config["server.host"]}:${config["server.port"]}`,
          is_self: true,
          is_leader: true,
          replication_lag: null,
          catchup_progress_pct: null,
          hostname: hostname(),
          memory_usage_mb: Math.round(process.memoryUsage.rss() / 1_048_576),
          cpu_usage_percent: null,
          uptime_seconds: uptime,
          uptime_human: `${Math.floor(uptime / 3600)}h ${Math.floor((uptime % 3600) / 60)}m ${uptime % 60}s`,
        },
      ],
    });
  }

  async #mayKnow(c: Context<RouteEnvironment>): Promise<boolean> {
    if (isLoopback(this.#context.addresses.of(c.env.incoming))) return true;
    const header = c.req.header("Authorization");
    if (header === undefined) return false;
    const principal = this.#backend.tokens.recall(header) ?? (await this.#backend.tokens.authenticate(header));
    return isAdmin(principal.role);
  }
}
