import { Auth, AuthenticationError, type Credentials, createClient, type LoginResponse } from "../../client/index.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { CliError } from "../cli-error.ts";
import type { CredentialsFile, StoredInstance } from "../credentials-file.ts";
import { EXIT } from "../exit-codes.ts";

/** A token that ends sooner than this is not worth sending. */
const MARGIN_MILLIS = 10_000;

/**
 * Credentials from a stored instance, the cheapest first: a token that is still valid, a new one by the refresh token, a new one by
 * the stored password. New tokens are kept, so that the next command needs no login.
 */
export class StoredTokens {
  readonly #url: string;
  readonly #name: string;
  readonly #file: CredentialsFile;
  readonly #clock: Clock;
  #stored: StoredInstance;

  constructor(url: string, name: string, stored: StoredInstance, file: CredentialsFile, clock: Clock = systemClock) {
    this.#url = url;
    this.#name = name;
    this.#stored = stored;
    this.#file = file;
    this.#clock = clock;
  }

  /** An AuthProvider. @throws CliError (authentication) when nothing stored is accepted. */
  async credentials(request?: { readonly rejected: string }): Promise<Credentials> {
    const { jwt_token, expires_at } = this.#stored;
    if (jwt_token !== undefined && jwt_token !== request?.rejected && this.#isValid(expires_at))
      return Auth.jwt(jwt_token);
    const login = (await this.#byRefreshToken()) ?? (await this.#byPassword());
    if (login === undefined) {
      throw new CliError(
        `The stored login '${this.#name}' for ${this.#url} has expired`,
        EXIT.authentication,
        `Log in again: kalam login --profile ${this.#name}`,
      );
    }
    this.#stored = { ...this.#stored, ...tokensOf(login) };
    await this.#file.set(this.#name, { ...(await this.#file.get(this.#name)), ...this.#stored });
    return Auth.jwt(login.access_token);
  }

  async #byRefreshToken(): Promise<LoginResponse | undefined> {
    const { refresh_token, refresh_expires_at } = this.#stored;
    if (refresh_token === undefined || !this.#isValid(refresh_expires_at)) return undefined;
    return unlessRefused(createClient({ url: this.#url }).refreshToken(refresh_token));
  }

  async #byPassword(): Promise<LoginResponse | undefined> {
    const { user, password } = this.#stored;
    if (user === undefined || password === undefined) return undefined;
    return unlessRefused(createClient({ url: this.#url, auth: Auth.basic(user, password) }).login());
  }

  /** What has no end is taken as valid: the server will say. */
  #isValid(end: string | undefined): boolean {
    return end === undefined || Date.parse(end) - MARGIN_MILLIS > this.#clock.now();
  }
}

async function unlessRefused(login: Promise<LoginResponse>): Promise<LoginResponse | undefined> {
  try {
    return await login;
  } catch (error) {
    if (error instanceof AuthenticationError) return undefined;
    throw error;
  }
}

/** What a login leaves in the credentials file. */
export function tokensOf(login: LoginResponse): StoredInstance {
  return {
    user: login.user.id,
    jwt_token: login.access_token,
    expires_at: login.expires_at,
    refresh_token: login.refresh_token,
    refresh_expires_at: login.refresh_expires_at,
  };
}
