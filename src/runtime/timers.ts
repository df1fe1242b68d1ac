/** A timer that was set; `cancel` may be called more than once. */
export interface Timer {
  cancel(): void;
}

/** Timers, behind an interface so that tests can steer them. */
export interface Timers {
  /** Runs `work` once after `millis`. The process may end before it does. */
  after(millis: number, work: () => void): Timer;
  /** Runs `work` again and again. The process may end in between. */
  every(millis: number, work: () => void): Timer;
  /** Runs `work` in this turn of the event loop, after the I/O that was ready was served. */
  soon(work: () => void): void;
  /** Resolves in a later turn of the event loop, after waiting I/O was served. */
  yield(): Promise<void>;
  /** Resolves after `millis`, or when the signal is aborted. */
  sleep(millis: number, signal?: AbortSignal): Promise<void>;
}

/** Browsers have no process to keep alive: their timers are plain numbers. */
function letProcessEnd(handle: { unref?(): unknown }): void {
  handle.unref?.();
}

export const systemTimers: Timers = {
  after(millis, work) {
    const handle = setTimeout(work, millis);
    letProcessEnd(handle);
    return { cancel: () => clearTimeout(handle) };
  },
  every(millis, work) {
    const handle = setInterval(work, millis);
    letProcessEnd(handle);
    return { cancel: () => clearInterval(handle) };
  },
  soon: (work) => {
    setImmediate(work);
  },
  yield: () => new Promise((resolve) => setImmediate(resolve)),
  sleep: (millis, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = () => {
        clearTimeout(handle);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const handle = setTimeout(done, millis);
      signal?.addEventListener("abort", done, { once: true });
    }),
};
