/**
 * Where statements and transactions that lost a race run again, one after another. Without it a crowd of losers meets again and
 * again, each round has one winner, and the attempts of the others run out; in the lane a loser meets only those who come new.
 * Changes of definitions wait until those in the lane have had their turn, because each of them makes all plans worthless.
 */
export class RetryLane {
  #last: Promise<void> | undefined;

  /** Resolves when those who came before have left. @returns call it to leave */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const mine = before === undefined ? left : before.then(() => left);
    this.#last = mine;
    await before;
    return () => {
      if (this.#last === mine) this.#last = undefined;
      leave();
    };
  }

  /** Resolves when those who are in the lane now have left; undefined when nobody is. */
  get cleared(): Promise<void> | undefined {
    return this.#last;
  }
}
