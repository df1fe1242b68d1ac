/** Runs work on the same key one after another, work on different keys side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Resolves when the work that is under way or waits now has ended, on the keys that are meant. */
  async settled(isMeant: (key: string) => boolean): Promise<void> {
    await Promise.allSettled([...this.#tails].filter(([key]) => isMeant(key)).map(([, tail]) => tail));
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const result = before === undefined ? work() : before.then(work, work);
    this.#tails.set(key, result);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === result) this.#tails.delete(key);
    }
  }
}
