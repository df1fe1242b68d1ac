import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { KalamError, toKalamError } from "../../errors/index.ts";
import type { RouteError } from "../../protocol/auth.ts";
import { AuthRoutes } from "./auth-routes.ts";
import { HealthRoutes } from "./health-routes.ts";
import type { Backend, ServerContext } from "./server-context.ts";

export interface RouteEnvironment {
  Bindings: HttpBindings;
}
export type RouteApp = Hono<RouteEnvironment>;

/** The bodies of these routes are small. */
const MAX_BODY_BYTES = 64 * 1024;

/** Every route but `/v1/api/sql`. */
export function createRouteApp(context: ServerContext, backend: Backend): RouteApp {
  const app: RouteApp = new Hono<RouteEnvironment>();
  app.use(
    "/v1/api/auth/*",
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => {
        const { definition, message } = new KalamError("body_too_large");
        return c.json({ error: definition.code, message, max_bytes: MAX_BODY_BYTES }, 413);
      },
    }),
  );
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

/** Error slugs of these routes are in lower case; a refused token is always `unauthorized`. */
function routeError(error: KalamError): RouteError {
  const { code, status } = error.definition;
  const slug = status === 401 && error.key !== "account_locked" ? "unauthorized" : code.toLowerCase();
  return { error: slug, message: error.key === "internal" ? "Internal error" : error.message };
}
