import type { Config } from "../../config/index.ts";
import type { Accounts } from "../../engine/auth/accounts.ts";
import type { Principal } from "../../engine/auth/roles.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { TokenBuckets } from "../limits/token-buckets.ts";
import type { Log } from "../log.ts";
import type { LiveSource } from "./live-source.ts";
import type { SubscriptionSeats } from "./subscription-seats.ts";

/** What all connections share. */
export interface LiveContext {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly accounts: Accounts;
  readonly source: LiveSource;
  readonly seats: SubscriptionSeats;
  /** Of authentication, per address. */
  readonly attempts: TokenBuckets;
  /**
   * Whom a token belongs to, and until when it is valid, in milliseconds since 1970.
   *
   * @throws KalamError `token_expired` or `invalid_credentials`
   */
  identify(token: string): Promise<{ readonly principal: Principal; readonly expires: number }>;
}
