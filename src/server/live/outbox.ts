import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { LIVE_CLOSE } from "../../protocol/live.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Frame } from "./frames.ts";

const TOO_SLOW = "too slow: resume from the last _seq";
/** RFC 6455 leaves 123 bytes for the reason of a close. */
const MAX_REASON_BYTES = 123;

/**
 * What is on its way to one client.
 *
 * Frames are written to the socket as they are made, and wait there while the client reads slowly. What waits is limited: the
 * client that lets more than that collect is told that it is too slow, behind everything that was written before, and
 * disconnected. It misses nothing when it resumes from the last `_seq` it has seen.
 *
 * Frames go past `ws`, straight to its socket: it would make a header for each of a thousand readers of the same bytes. Those
 * of one turn of the event loop leave in one call.
 */
export class Outbox {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #maxBytes: number;
  readonly #turns = new KeyedQueue();
  #corked = false;

  constructor(ws: WebSocket, socket: Socket, maxBytes: number) {
    this.#ws = ws;
    this.#socket = socket;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that the client has not taken. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** Bytes that have left: they grow while the client reads. */
  get gone(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  get open(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  send(frame: Frame): void {
    if (!this.open) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(frame);
    if (this.#socket.writableLength > this.#maxBytes) this.endTooSlow();
  }

  endTooSlow(): void {
    this.close(LIVE_CLOSE.tryAgainLater, TOO_SLOW);
  }

  close(code: number, reason: string): void {
    if (!this.open) return;
    // A client whose messages are not read could not answer.
    this.#ws.resume();
    this.#ws.close(code, shortened(reason));
  }

  /**
   * Runs work that makes much to send, one piece after another, and each when the client has taken what was sent before: a
   * client that asks for more than it reads waits, and nothing is made for nobody.
   */
  inTurn(work: () => Promise<void>): Promise<void> {
    return this.#turns.run("", async () => {
      await this.#taken();
      if (this.open) await work();
    });
  }

  async #taken(): Promise<void> {
    if (!this.open || !this.#socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        this.#socket.off("drain", settle);
        this.#socket.off("close", settle);
        resolve();
      };
      this.#socket.on("drain", settle);
      this.#socket.on("close", settle);
    });
  }
}

function shortened(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  let end = MAX_REASON_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString();
}
