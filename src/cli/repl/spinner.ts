import { type Clock, systemClock } from "../../runtime/clock.ts";
import { systemTimers, type Timer, type Timers } from "../../runtime/timers.ts";

const DELAY_MILLIS = 200;
const FRAME_MILLIS = 100;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR_LINE = "\r\x1b[2K";

/** Shows that something is being waited for, and since when; nothing for what is quick. */
export class Spinner {
  readonly #stream: { write(text: string): unknown };
  readonly #clock: Clock;
  readonly #timers: Timers;
  #timer: Timer | undefined;
  #shown = false;

  constructor(stream: { write(text: string): unknown }, clock: Clock = systemClock, timers: Timers = systemTimers) {
    this.#stream = stream;
    this.#clock = clock;
    this.#timers = timers;
  }

  start(): void {
    const started = this.#clock.monotonic();
    const draw = () => {
      const elapsed = this.#clock.monotonic() - started;
      const frame = FRAMES[Math.floor(elapsed / FRAME_MILLIS) % FRAMES.length] ?? "";
      this.#stream.write(`${CLEAR_LINE}${frame} ${(elapsed / 1000).toFixed(1)} s  (Ctrl-C cancels)`);
      this.#shown = true;
    };
    this.#timer = this.#timers.after(DELAY_MILLIS, () => {
      draw();
      this.#timer = this.#timers.every(FRAME_MILLIS, draw);
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#shown) this.#stream.write(CLEAR_LINE);
    this.#shown = false;
  }
}
