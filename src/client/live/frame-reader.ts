import { parseJson } from "../json.ts";

/** Bytes of compressed messages that may wait; more than that means that this client cannot keep up. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

export interface FrameHandlers {
  /** @param text as it was sent, before it was parsed */
  message(message: unknown, text: string): void;
  /** A message could not be read, or too many wait. */
  failed(error: Error): void;
}

/**
 * Makes messages of frames, in their order. Streams unpack compressed frames only later, and what arrives behind such a frame
 * waits for it.
 */
export class FrameReader {
  readonly #handlers: FrameHandlers;
  /** Ends when all that has arrived was read; undefined when nothing waits. */
  #tail: Promise<void> | undefined;
  #waitingBytes = 0;
  #ended = false;

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  push(frame: string | Uint8Array): void {
    if (this.#ended) return;
    if (typeof frame === "string" && this.#tail === undefined) {
      this.#read(frame);
      return;
    }
    this.#waitingBytes += frame.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#fail(new Error(`more than ${MAX_WAITING_BYTES} bytes of messages wait to be read`));
      return;
    }
    const text = typeof frame === "string" ? frame : textOf(frame);
    const tail = (this.#tail ?? Promise.resolve())
      .then(async () => this.#read(await text))
      .catch((error: Error) => this.#fail(error))
      .finally(() => {
        this.#waitingBytes -= frame.length;
        if (this.#tail === tail) this.#tail = undefined;
      });
    this.#tail = tail;
  }

  /** What arrives from now on, or waits, is dropped. */
  end(): void {
    this.#ended = true;
  }

  #read(text: string): void {
    if (this.#ended) return;
    let message: unknown;
    try {
      message = parseJson(text);
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#handlers.message(message, text);
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handlers.failed(error);
  }
}

function textOf(bytes: Uint8Array): Promise<string> {
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return Promise.resolve(new TextDecoder().decode(bytes));
  const unpacked = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  const text = new Response(unpacked).text();
  // It is read in its turn; until then a failure is nobody's.
  text.catch(() => undefined);
  return text;
}
