import type { Config } from "../../config/index.ts";
import type { Accounts } from "../../engine/auth/accounts.ts";
import type { StatementExecutor } from "../../engine/request.ts";
import type { BuildInfo } from "../../runtime/build-info.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Tokens } from "../auth/tokens.ts";
import type { LiveSource } from "../live/live-source.ts";
import type { Log } from "../log.ts";
import type { ClientAddresses } from "./addresses.ts";

/** What every route needs. */
export interface ServerContext {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly build: BuildInfo;
  readonly addresses: ClientAddresses;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
}

/** What requests are answered from, once it is open. */
export interface Backend {
  readonly executor: StatementExecutor;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly live: LiveSource;
}
