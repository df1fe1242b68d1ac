import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { KalamError, toKalamError } from "../../errors/index.ts";
import type { RouteError } from "../../protocol/auth.ts";
import { AuthRoutes } from "./auth-routes.ts";
import { HealthRoutes } from "./health-routes.ts";
import { BodyTooLarge, ClientGone } from "./request-body.ts";
import type { Backend, ServerContext } from "./server-context.ts";

export interface RouteEnvironment {
  Bindings: HttpBindings;
}
export type RouteApp = Hono<RouteEnvironment>;

/** Every route but `/v1/api/sql`. */
export function createRouteApp(context: ServerContext, backend: Backend): RouteApp {
  const app: RouteApp = new Hono<RouteEnvironment>();
  new HealthRoutes(context, backend).register(app);
  new AuthRoutes(context, backend).register(app);

  const known = new Map<string, Set<string>>();
  for (const route of app.routes) {
    if (route.method === "ALL") continue;
    const methods = known.get(route.path) ?? new Set();
    known.set(route.path, methods.add(route.method));
  }

  app.notFound((c) => {
    const methods = known.get(c.req.path);
    if (methods === undefined) throw new KalamError("route_not_found", { path: c.req.path });
    c.header("Allow", [...methods].join(", "));
    const error = new KalamError("method_not_allowed", { method: c.req.method, path: c.req.path });
    return c.json(routeError(error), 405);
  });

  app.onError((thrown, c) => {
    if (thrown instanceof ClientGone) return new Response(null, { status: 400 });
    if (thrown instanceof BodyTooLarge) return bodyTooLarge(thrown);
    const error = toKalamError(thrown);
    const { status } = error.definition;
    if (status >= 500) {
      context.log.error({ path: c.req.path, err: error, cause: error.cause }, "a request failed");
    }
    const headers = { "Content-Type": "application/json", ...(status === 429 ? { "Retry-After": "1" } : {}) };
    return new Response(JSON.stringify(routeError(error)), { status, headers });
  });
  return app;
}

/** The rest of the body is not read, so the connection cannot go on. */
function bodyTooLarge({ maximum }: BodyTooLarge): Response {
  const { definition, message } = new KalamError("body_too_large");
  const body = JSON.stringify({ error: definition.code, message, max_bytes: maximum });
  return new Response(body, { status: 413, headers: { "Content-Type": "application/json", Connection: "close" } });
}

/** Error slugs of these routes are in lower case; a refused token is always `unauthorized`. */
function routeError(error: KalamError): RouteError {
  const { code, status } = error.definition;
  const slug = status === 401 && error.key !== "account_locked" ? "unauthorized" : code.toLowerCase();
  return { error: slug, message: error.key === "internal" ? "Internal error" : error.message };
}
