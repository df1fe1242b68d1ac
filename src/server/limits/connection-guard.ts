import type { Clock } from "../../runtime/clock.ts";
import { TokenBuckets } from "./token-buckets.ts";

const VIOLATIONS_FOR_BAN = 10;
const MAX_BAN_FACTOR = 6;
const MAX_OFFENDERS = 100_000;

export interface GuardLimits {
  readonly requestsPerSecond: number;
  readonly connections: number;
  readonly banSeconds: number;
}

export type Verdict =
  | { readonly allow: true }
  | { readonly allow: false; readonly banned: boolean; readonly retryAfter: number };

const ALLOWED: Verdict = { allow: true };

interface Offender {
  violations: number;
  /** Monotonic milliseconds. */
  bannedUntil: number;
}

/** Turns away addresses that send too many requests or hold too many connections. Loopback is not asked about. */
export class ConnectionGuard {
  readonly #clock: Clock;
  readonly #limits: GuardLimits;
  readonly #requests: TokenBuckets;
  readonly #offenders = new Map<string, Offender>();
  readonly #connections = new Map<string, number>();

  constructor(clock: Clock, limits: GuardLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#requests = new TokenBuckets(clock, limits.requestsPerSecond);
  }

  request(address: string): Verdict {
    const now = this.#clock.monotonic();
    const offender = this.#offenders.get(address);
    if (offender !== undefined && offender.bannedUntil > now) {
      return { allow: false, banned: true, retryAfter: Math.ceil((offender.bannedUntil - now) / 1000) };
    }
    if (this.#requests.take(address)) return ALLOWED;
    const violations = (offender?.violations ?? 0) + 1;
    const factor = Math.min(MAX_BAN_FACTOR, Math.floor(violations / VIOLATIONS_FOR_BAN));
    this.#remember(address, { violations, bannedUntil: now + factor * this.#limits.banSeconds * 1000 });
    if (factor === 0) return { allow: false, banned: false, retryAfter: 1 };
    return { allow: false, banned: true, retryAfter: factor * this.#limits.banSeconds };
  }

  /** Counts a new connection. @returns false when the address has too many; then `disconnected` must not be called. */
  connected(address: string): boolean {
    const count = this.#connections.get(address) ?? 0;
    if (count >= this.#limits.connections) return false;
    this.#connections.set(address, count + 1);
    return true;
  }

  disconnected(address: string): void {
    const count = (this.#connections.get(address) ?? 1) - 1;
    if (count <= 0) this.#connections.delete(address);
    else this.#connections.set(address, count);
  }

  #remember(address: string, offender: Offender): void {
    this.#offenders.delete(address);
    this.#offenders.set(address, offender);
    if (this.#offenders.size <= MAX_OFFENDERS) return;
    for (const oldest of this.#offenders.keys()) {
      this.#offenders.delete(oldest);
      return;
    }
  }
}
