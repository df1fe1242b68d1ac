/** Counts the open live queries of each user, over all connections. */
export class SubscriptionSeats {
  readonly #maximum: number;
  readonly #taken = new Map<string, number>();

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  get maximum(): number {
    return this.#maximum;
  }

  /** @returns false when the user has too many; then `leave` must not be called. */
  take(userId: string): boolean {
    const taken = this.#taken.get(userId) ?? 0;
    if (taken >= this.#maximum) return false;
    this.#taken.set(userId, taken + 1);
    return true;
  }

  leave(userId: string): void {
    const left = (this.#taken.get(userId) ?? 1) - 1;
    if (left <= 0) this.#taken.delete(userId);
    else this.#taken.set(userId, left);
  }
}
