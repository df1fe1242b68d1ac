import type { AuthProvider, Credentials } from "./auth.ts";
import type { ClientHooks } from "./hooks.ts";

export interface ClientOptions extends ClientHooks {
  /** Where the server is, such as `http://localhost:8080`. */
  readonly url: string;
  /** Fixed credentials; or give `authProvider`. Neither: requests go out without a token. */
  readonly auth?: Credentials;
  readonly authProvider?: AuthProvider;
  /** How often a failing `authProvider` is asked; default 3. */
  readonly authProviderMaxAttempts?: number;
  /** Milliseconds before the second attempt, doubled after each; defaults 250 and at most 2000. */
  readonly authProviderInitialBackoffMs?: number;
  readonly authProviderMaxBackoffMs?: number;
  /** Sent with every request, `X-Request-ID` apart; browsers send none with a WebSocket. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For names without a namespace, unless a call says otherwise. */
  readonly namespace?: string;
  /** Milliseconds for a whole request; 0 or nothing means no limit. */
  readonly timeoutMs?: number;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Large messages of live queries come uncompressed; default false. */
  readonly disableCompression?: boolean;
  /** Milliseconds between two signs of life to the server; default 5000, 0 for none. */
  readonly pingIntervalMs?: number;
  /** Milliseconds for making a connection for live queries; default 10 000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds before a lost connection is made again, doubled after each attempt; defaults 1000 and at most 30 000. */
  readonly reconnectDelayMs?: number;
  readonly maxReconnectDelayMs?: number;
}

export interface QueryOptions {
  readonly namespace?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; replaces the client's own limit. */
  readonly timeoutMs?: number | undefined;
  /** Becomes the `X-Request-ID`; without it every request gets a new one. */
  readonly requestId?: string | undefined;
}

/** Values for `$1 …`: whole numbers beyond 2^53 may be given as `bigint`. */
export type QueryParameter = null | boolean | number | bigint | string;
