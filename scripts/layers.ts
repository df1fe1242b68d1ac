/**
 * What each part of `src/` may import besides itself. Arrows go down only:
 *
 *     commands → cli → client → protocol
 *     commands → server → engine → drivers
 *                server → protocol
 *               embedded → engine
 */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  runtime: ["errors"],
  config: ["errors", "runtime"],
  protocol: ["errors", "runtime"],
  drivers: ["errors", "runtime"],
  engine: ["errors", "runtime", "config", "drivers"],
  server: ["errors", "runtime", "config", "protocol", "engine"],
  client: ["errors", "runtime", "protocol"],
  cli: ["errors", "runtime", "config", "protocol", "client"],
  commands: ["errors", "runtime", "config", "protocol", "client", "cli", "server", "engine"],
  embedded: ["errors", "runtime", "config", "engine"],
  "index.ts": ["errors", "runtime", "config", "engine", "embedded"],
};
