import { createRequire } from "node:module";
import type * as Api from "@duckdb/node-api";
import type Bindings from "@duckdb/node-bindings";

const load = createRequire(import.meta.url);

let api: typeof Api | undefined;
let bindings: typeof Bindings | undefined;

/** DuckDB's client, loaded when it is first asked for: the library takes 40 MB that an idle server should not pay for. */
export function duckApi(): typeof Api {
  api ??= load("@duckdb/node-api") as typeof Api;
  return api;
}

/** The calls beneath the client, for vectors. */
export function duckBindings(): typeof Bindings {
  bindings ??= load("@duckdb/node-bindings") as typeof Bindings;
  return bindings;
}
