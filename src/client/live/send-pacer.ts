import type { Timer, Timers } from "../../runtime/timers.ts";

/** Below the 50 messages a second that servers allow a connection: what is over is refused. */
const MESSAGES_PER_SECOND = 40;

/** Sends at once as long as few messages go out, and spreads the many of a reconnect with many subscriptions. */
export class SendPacer {
  readonly #send: (text: string) => void;
  readonly #timers: Timers;
  readonly #waiting: string[] = [];
  #sentThisSecond = 0;
  #timer: Timer | undefined;

  constructor(send: (text: string) => void, timers: Timers) {
    this.#send = send;
    this.#timers = timers;
  }

  push(text: string): void {
    if (this.#sentThisSecond >= MESSAGES_PER_SECOND) {
      this.#waiting.push(text);
      return;
    }
    this.#sentThisSecond++;
    this.#timer ??= this.#timers.after(1000, () => this.#nextSecond());
    this.#send(text);
  }

  end(): void {
    this.#timer?.cancel();
    this.#waiting.length = 0;
  }

  #nextSecond(): void {
    this.#timer = undefined;
    this.#sentThisSecond = 0;
    for (const text of this.#waiting.splice(0, MESSAGES_PER_SECOND)) this.push(text);
  }
}
