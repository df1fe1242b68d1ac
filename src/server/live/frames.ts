import { promisify } from "node:util";
import { constants, gzip, gzipSync } from "node:zlib";
import { Packr } from "msgpackr";
import type { LiveProtocol } from "../../protocol/live.ts";

/** A whole WebSocket frame of a server: one buffer goes to the sockets of all who get the same. */
export type Frame = Buffer;

const TEXT = 1;
const BINARY = 2;
const FINAL = 0x80;
const GZIP_FROM_BYTES = 512;
/** What is longer is compressed outside of the event loop. */
const LARGE_BYTES = 64 * 1024;
const FAST = { level: constants.Z_BEST_SPEED };

const gzipAside = promisify(gzip);
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** How one connection's frames are written. Connections that negotiated the same share one object. */
export interface Encoding {
  readonly protocol: LiveProtocol;
  readonly gzip: boolean;
  /** Tells encodings apart in the memo of a change. */
  readonly key: string;
}

const encodings = new Map<string, Encoding>();

/** @param compress false where the client's URL says `compress=false` */
export function encodingOf(protocol: LiveProtocol, compress: boolean): Encoding {
  const gzipped = compress && protocol.compression === "gzip";
  const key = `${protocol.serialization} ${protocol.compression} ${gzipped}`;
  let encoding = encodings.get(key);
  if (encoding === undefined) {
    encoding = { protocol, gzip: gzipped, key };
    encodings.set(key, encoding);
  }
  return encoding;
}

export function jsonFrame(text: string, compress: boolean): Frame {
  const bytes = Buffer.byteLength(text);
  if (compress && bytes >= GZIP_FROM_BYTES) return shorter(Buffer.from(text), gzipSync(text, FAST), TEXT);
  const frame = frameFor(bytes, TEXT);
  frame.write(text, frame.length - bytes);
  return frame;
}

export function packedFrame(message: object, compress: boolean): Frame {
  const payload = packr.pack(message);
  if (compress && payload.length >= GZIP_FROM_BYTES) return shorter(payload, gzipSync(payload, FAST), BINARY);
  return wrap(payload, BINARY);
}

/** The same for messages that can be long. */
export async function longFrame(message: string | object, compress: boolean): Promise<Frame> {
  const packed = typeof message === "string" ? undefined : packr.pack(message);
  const length = packed === undefined ? (message as string).length : packed.length;
  if (!compress || length < LARGE_BYTES) {
    return typeof message === "string" ? jsonFrame(message, compress) : packedFrame(message, compress);
  }
  const payload = packed ?? Buffer.from(message as string);
  return shorter(payload, await gzipAside(payload, FAST), packed === undefined ? TEXT : BINARY);
}

function shorter(payload: Buffer, compressed: Buffer, opcode: number): Frame {
  return compressed.length < payload.length ? wrap(compressed, BINARY) : wrap(payload, opcode);
}

function wrap(payload: Buffer, opcode: number): Frame {
  const frame = frameFor(payload.length, opcode);
  payload.copy(frame, frame.length - payload.length);
  return frame;
}

/** The header of RFC 6455, unmasked, and room for the payload behind it. */
function frameFor(length: number, opcode: number): Frame {
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extra + length);
  frame[0] = FINAL | opcode;
  if (extra === 0) frame[1] = length;
  else if (extra === 2) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return frame;
}
