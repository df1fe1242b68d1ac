import type { Runtime } from "../../../runtime/runtime.ts";
import type { Row } from "../../types/column-type.ts";
import type { RowStream } from "../relation.ts";
import type { Sink } from "./sinks.ts";

/** Milliseconds that a scan runs before it lets the event loop go on. */
const TURN_MILLIS = 8;
/** More rows than this go out in chunks. */
const MAX_ARRAY_ROWS = 4096;

type Chunks = Iterator<readonly Row[]> | AsyncIterator<readonly Row[]>;

/**
 * Moves rows from a scan into a sink.
 *
 * A scan of rows in memory stays synchronous while it is short: then the result is an array. When it takes longer than a turn,
 * it goes on in later turns; when the result grows, it becomes a stream that reads on only as its chunks are taken.
 */
export function pump(
  source: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>,
  sink: Sink,
  runtime: Runtime,
): RowStream | Promise<RowStream> {
  if (!(Symbol.iterator in source)) return collect(source[Symbol.asyncIterator](), sink, runtime);
  const chunks = source[Symbol.iterator]();
  const end = runtime.clock.monotonic() + TURN_MILLIS;
  try {
    while (advance(chunks.next(), sink)) {
      if (sink.ready > MAX_ARRAY_ROWS) return new ChunkStream(chunks, sink, runtime);
      if (runtime.clock.monotonic() > end) return collect(chunks, sink, runtime);
    }
  } catch (error) {
    chunks.return?.();
    throw error;
  }
  chunks.return?.();
  return sink.take();
}

/** The result of rows that are all there. */
export function drain(rows: readonly Row[], sink: Sink): readonly Row[] {
  sink.accept(rows);
  sink.finish();
  return sink.take();
}

/** @returns false at the end, when the sink has finished. */
function advance(next: IteratorResult<readonly Row[]>, sink: Sink): boolean {
  if (next.done !== true && sink.accept(next.value)) return true;
  sink.finish();
  return false;
}

/** Reads on in later turns until everything is there, or enough that the rest is better streamed. */
async function collect(chunks: Chunks, sink: Sink, runtime: Runtime): Promise<RowStream> {
  let end = runtime.clock.monotonic() + TURN_MILLIS;
  try {
    while (advance(await chunks.next(), sink)) {
      if (sink.ready > MAX_ARRAY_ROWS) return new ChunkStream(chunks, sink, runtime);
      if (runtime.clock.monotonic() > end) {
        await runtime.timers.yield();
        end = runtime.clock.monotonic() + TURN_MILLIS;
      }
    }
  } catch (error) {
    await chunks.return?.();
    throw error;
  }
  await chunks.return?.();
  return sink.take();
}

/** The chunks of a large result; the scan moves only while somebody waits for the next one. */
class ChunkStream implements AsyncIterableIterator<readonly Row[]> {
  readonly #chunks: Chunks;
  readonly #sink: Sink;
  readonly #runtime: Runtime;
  #open = true;

  constructor(chunks: Chunks, sink: Sink, runtime: Runtime) {
    this.#chunks = chunks;
    this.#sink = sink;
    this.#runtime = runtime;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly Row[]>> {
    if (this.#sink.ready > 0) return { done: false, value: this.#sink.take() };
    if (!this.#open) return { done: true, value: undefined };
    await this.#runtime.timers.yield();
    const end = this.#runtime.clock.monotonic() + TURN_MILLIS;
    try {
      while (this.#open && this.#sink.ready < MAX_ARRAY_ROWS && this.#runtime.clock.monotonic() <= end) {
        if (!advance(await this.#chunks.next(), this.#sink)) await this.return();
      }
    } catch (error) {
      await this.return();
      throw error;
    }
    return this.next();
  }

  async return(): Promise<IteratorResult<readonly Row[]>> {
    if (this.#open) {
      this.#open = false;
      await this.#chunks.return?.();
    }
    return { done: true, value: undefined };
  }
}
