import { systemTimers } from "../runtime/timers.ts";
import type { AuthProvider, Credentials, LoginResponse } from "./auth.ts";
import { ConnectionError, TimeoutError } from "./errors.ts";

export interface AuthenticatorOptions {
  readonly provider: AuthProvider | undefined;
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  login(user: string, password: string): Promise<LoginResponse>;
}

/**
 * Holds the token of a client. Requests that need one at the same time share one login; a token that the server has refused is
 * replaced once, by whoever notices first.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #token: Promise<string | undefined> | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  token(): Promise<string | undefined> {
    return this.#remember(this.#token ?? this.#obtain(undefined));
  }

  /** A token other than `rejected`, or undefined when there is no other. */
  async replace(rejected: string): Promise<string | undefined> {
    const current = await this.#token;
    if (current !== rejected) return current;
    const next = await this.#remember(this.#obtain({ rejected }));
    return next === rejected ? undefined : next;
  }

  adopt(token: string): void {
    this.#token = Promise.resolve(token);
  }

  /** A failure is not remembered: the next request tries again. */
  #remember(token: Promise<string | undefined>): Promise<string | undefined> {
    this.#token = token;
    token.catch(() => {
      if (this.#token === token) this.#token = undefined;
    });
    return token;
  }

  async #obtain(request: { rejected: string } | undefined): Promise<string | undefined> {
    if (this.#options.provider === undefined) return undefined;
    const credentials = await this.#ask(this.#options.provider, request);
    if (credentials.type === "jwt") return credentials.token;
    return (await this.#options.login(credentials.user, credentials.password)).access_token;
  }

  async #ask(provider: AuthProvider, request: { rejected: string } | undefined): Promise<Credentials> {
    let backoff = this.#options.initialBackoffMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await provider(request);
      } catch (error) {
        if (attempt >= this.#options.maxAttempts || !isTransient(error)) throw error;
        await systemTimers.sleep(backoff);
        backoff = Math.min(backoff * 2, this.#options.maxBackoffMs);
      }
    }
  }
}

/** A provider that talks to the network may fail for a moment; a refusal stays one. */
function isTransient(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    error instanceof TimeoutError ||
    (error instanceof TypeError && /fetch|network/i.test(error.message))
  );
}
