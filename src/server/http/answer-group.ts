import type { ServerResponse } from "node:http";
import type { Timers } from "../../runtime/timers.ts";

/** Answers that leave together at most. */
const GROUP = 16;

/** An answer that is ready to leave. */
export interface WholeAnswer {
  readonly response: ServerResponse;
  readonly status: number;
  readonly headers: string[];
  readonly body: string;
}

/**
 * Lets answers that become ready in one turn of the event loop leave together.
 *
 *     one by one   work a ─ write ─ work b ─ write ─ work c ─ write      every write wakes a sleeping peer
 *     in groups    work a ─ work b ─ work c ─ write a b c                 the first write wakes it, the others find it awake
 *
 * Waking another processor for each answer costs about as much as making the answer. A group waits for no more than the
 * requests that have already arrived, and never for more than some of them.
 */
export class AnswerGroup {
  readonly #timers: Timers;
  #ready: WholeAnswer[] = [];
  #armed = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  send(answer: WholeAnswer): void {
    this.#ready.push(answer);
    if (this.#ready.length >= GROUP) {
      this.#leave();
    } else if (!this.#armed) {
      this.#armed = true;
      this.#timers.soon(() => {
        this.#armed = false;
        this.#leave();
      });
    }
  }

  #leave(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const { response, status, headers, body } of ready) {
      if (response.destroyed) continue;
      response.writeHead(status, headers);
      response.end(body);
    }
  }
}
