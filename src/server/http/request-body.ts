import type { IncomingMessage } from "node:http";
import { KalamError } from "../../errors/index.ts";

/** The body has more bytes than allowed. */
export class BodyTooLarge extends Error {
  readonly bytes: number;
  readonly maximum: number;

  constructor(bytes: number, maximum: number) {
    super(`body of ${bytes} bytes, ${maximum} allowed`);
    this.name = "BodyTooLarge";
    this.bytes = bytes;
    this.maximum = maximum;
  }
}

/** The client went away before its request was complete, or before the answer was. */
export class ClientGone extends Error {
  constructor() {
    super("the client closed the connection");
    this.name = "ClientGone";
  }
}

/** What `Content-Length` says, or undefined. */
export function announcedLength(request: IncomingMessage): number | undefined {
  const header = request.headers["content-length"];
  return header === undefined ? undefined : Number(header);
}

/** @throws KalamError `unsupported_media_type` for compressed bodies: their size cannot be known before they are unpacked. */
export function requirePlainEncoding(request: IncomingMessage): void {
  const encoding = request.headers["content-encoding"];
  if (encoding === undefined || encoding.toLowerCase() === "identity") return;
  throw new KalamError("unsupported_media_type", { what: `Content-Encoding ${encoding}` });
}

/**
 * Reads a body to its end.
 *
 * @throws BodyTooLarge as soon as it is known; the rest of the body is not read.
 * @throws ClientGone
 */
export function readBody(request: IncomingMessage, maximum: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = announcedLength(request);
    if (announced !== undefined && announced > maximum) {
      reject(new BodyTooLarge(announced, maximum));
      return;
    }
    let first: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maximum) {
        request.removeAllListeners("data");
        reject(new BodyTooLarge(bytes, maximum));
      } else if (first === undefined) first = chunk;
      else {
        chunks ??= [first];
        chunks.push(chunk);
      }
    });
    request.on("end", () => resolve(chunks === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(chunks, bytes)));
    request.on("error", () => reject(new ClientGone()));
    request.on("close", () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}
