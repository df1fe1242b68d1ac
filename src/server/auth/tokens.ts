import { errors, jwtVerify, SignJWT } from "jose";
import type { Account } from "../../engine/auth/account.ts";
import type { Accounts } from "../../engine/auth/accounts.ts";
import type { Principal } from "../../engine/auth/roles.ts";
import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";

const ISSUER = "kalamdb";
const LEEWAY_SECONDS = 60;
/** A refresh token lives this many times as long as an access token. */
const REFRESH_FACTOR = 7;

export type TokenType = "access" | "refresh";

export interface TokenOptions {
  readonly secret: string;
  readonly expiryHours: number;
  readonly trustedIssuers: readonly string[];
  /** Verified tokens that are remembered. */
  readonly cacheEntries: number;
}

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970. */
  readonly accessExpires: number;
  readonly refreshExpires: number;
}

interface Remembered {
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Signs tokens and knows whom they belong to.
 *
 * A verified token is remembered, by the whole `Authorization` header, until it expires: a request costs one look into a map
 * and no cryptography. When an account changes, everything remembered of it is forgotten, and the next request is checked
 * against the account as it is now. A verification that began before a change must not be remembered after it; `#generation`
 * tells.
 */
export class Tokens {
  readonly #accounts: Accounts;
  readonly #runtime: Runtime;
  readonly #options: TokenOptions;
  readonly #key: Uint8Array;
  /** Least recently used first. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #leave: () => void;
  #generation = 0;

  constructor(accounts: Accounts, runtime: Runtime, options: TokenOptions) {
    this.#accounts = accounts;
    this.#runtime = runtime;
    this.#options = options;
    this.#key = new TextEncoder().encode(options.secret);
    this.#leave = accounts.onChange((userId) => this.#forget(userId));
  }

  close(): void {
    this.#leave();
    this.#remembered.clear();
  }

  /** Whom a header belongs to that was verified before; undefined means that `authenticate` must look. */
  recall(header: string | undefined): Principal | undefined {
    if (header === undefined) return undefined;
    const entry = this.#remembered.get(header);
    if (entry === undefined) return undefined;
    this.#remembered.delete(header);
    if (entry.expires <= this.#runtime.clock.now()) return undefined;
    this.#remembered.set(header, entry);
    return entry.principal;
  }

  /**
   * Whom the bearer token of an `Authorization` header belongs to.
   *
   * @throws KalamError `missing_authorization`, `token_expired` or `invalid_credentials`
   */
  async authenticate(header: string | undefined): Promise<Principal> {
    if (header === undefined || header === "") throw new KalamError("missing_authorization");
    const generation = this.#generation;
    const { account, expires } = await this.verify(bearerToken(header), "access");
    const principal: Principal = { userId: account.userId, role: account.role };
    if (generation === this.#generation) {
      this.#remembered.set(header, { principal, expires });
      if (this.#remembered.size > this.#options.cacheEntries) this.#forgetOldest();
    }
    return principal;
  }

  /**
   * Checks a token against its signature, its time and the account as it is now.
   *
   * @throws KalamError `token_expired`, `invalid_credentials`, or `refresh_refused` with the reason
   */
  async verify(token: string, type: TokenType): Promise<{ account: Account; expires: number }> {
    const claims = await this.#claims(token);
    const now = Math.floor(this.#runtime.clock.now() / 1000);
    if (claims.token_type !== type) throw refusal(type, "Refresh endpoint requires a refresh token");
    if (typeof claims.sub !== "string" || typeof claims.exp !== "number") throw new KalamError("invalid_credentials");
    if (typeof claims.iat === "number" && claims.iat > now + LEEWAY_SECONDS)
      throw new KalamError("invalid_credentials");
    const account = await this.#accounts.find(claims.sub);
    if (account === undefined) throw refusal(type, "User no longer valid");
    if (account.role !== claims.role) throw refusal(type, "Token role does not match user role");
    return { account, expires: (claims.exp + LEEWAY_SECONDS) * 1000 };
  }

  async issue(account: Account): Promise<IssuedTokens> {
    const now = Math.floor(this.#runtime.clock.now() / 1000);
    const lifetime = this.#options.expiryHours * 3600;
    const accessExpires = now + lifetime;
    const refreshExpires = now + lifetime * REFRESH_FACTOR;
    return {
      accessToken: await this.#sign(account, "access", now, accessExpires),
      refreshToken: await this.#sign(account, "refresh", now, refreshExpires),
      accessExpires: accessExpires * 1000,
      refreshExpires: refreshExpires * 1000,
    };
  }

  #sign(account: Account, type: TokenType, issuedAt: number, expires: number): Promise<string> {
    const claims = {
      sub: account.userId,
      iss: ISSUER,
      exp: expires,
      iat: issuedAt,
      email: account.email,
      role: account.role,
      token_type: type,
    };
    return new SignJWT(claims).setProtectedHeader({ typ: "JWT", alg: "HS256" }).sign(this.#key);
  }

  async #claims(token: string): Promise<Record<string, unknown>> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ["HS256"],
        issuer: [ISSUER, ...this.#options.trustedIssuers],
        clockTolerance: LEEWAY_SECONDS,
        currentDate: new Date(this.#runtime.clock.now()),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new KalamError("token_expired", {}, { cause: error });
      throw new KalamError("invalid_credentials", {}, { cause: error });
    }
  }

  #forget(userId: string): void {
    this.#generation++;
    for (const [header, entry] of this.#remembered) {
      if (entry.principal.userId === userId) this.#remembered.delete(header);
    }
  }

  #forgetOldest(): void {
    for (const header of this.#remembered.keys()) {
      this.#remembered.delete(header);
      return;
    }
  }
}

/** Whoever holds a refresh token may learn why it is refused; on other routes nothing is said. */
function refusal(type: TokenType, reason: string): KalamError {
  return type === "refresh" ? new KalamError("refresh_refused", { reason }) : new KalamError("invalid_credentials");
}

/** @throws KalamError `invalid_credentials` for every scheme but Bearer. */
export function bearerToken(header: string): string {
  const match = /^Bearer +(\S+) *$/i.exec(header);
  if (match?.[1] === undefined) throw new KalamError("invalid_credentials");
  return match[1];
}
