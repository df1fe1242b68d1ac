import { once } from "node:events";
import { connect, type Socket } from "node:net";

const HANDSHAKE = [
  "GET /v1/ws HTTP/1.1",
  "Host: x",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

export interface End {
  readonly code: number | undefined;
  readonly reason: string;
  /** That came before it. */
  readonly messages: number;
}

/** A TCP connection on which a test speaks WebSocket by hand. */
export class RawSocket {
  readonly socket: Socket;
  /** Bytes behind the answer of the handshake. */
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => undefined);
  }

  /** Authenticated by its header; reads the answer of the handshake and nothing more. */
  static async open(url: string, token: string, query = ""): Promise<RawSocket> {
    const raw = new RawSocket(connect(Number(new URL(url).port), "127.0.0.1"));
    const [first = "", ...others] = HANDSHAKE;
    const lines = [first.replace("/v1/ws", `/v1/ws${query}`), ...others, `Authorization: Bearer ${token}`, "", ""];
    raw.socket.write(lines.join("\r\n"));
    const [answer] = (await once(raw.socket, "data")) as [Buffer];
    raw.socket.pause();
    const end = answer.indexOf("\r\n\r\n");
    if (!answer.toString("latin1").startsWith("HTTP/1.1 101 ")) throw new Error(answer.toString());
    raw.#rest = answer.subarray(end + 4);
    return raw;
  }

  send(message: object): void {
    this.sendFrame(0x81, Buffer.from(JSON.stringify(message)));
  }

  /** @param head the first byte: final bit and opcode */
  sendFrame(head: number, payload: Buffer): void {
    this.socket.write(frame(head, payload));
  }

  /** Resolves when all that was sent has left this process, or the connection is gone. */
  flushed(): Promise<void> {
    const { socket } = this;
    if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once("drain", resolve);
      socket.once("close", () => resolve());
    });
  }

  /** Reads on until the server closes. @returns code and reason, and how many messages came before. */
  async readToEnd(): Promise<End> {
    const chunks = [this.#rest];
    this.socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (readFrames(Buffer.concat(chunks)).code !== undefined) this.socket.end();
    });
    this.socket.resume();
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once("close", resolve));
    return readFrames(Buffer.concat(chunks));
  }
}

function frame(head: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = head;
  if (length < 126) header[1] = 0x80 | length;
  else if (length < 65_536) {
    header[1] = 0x80 | 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 0x80 | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  // The mask of zeros changes nothing.
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

function readFrames(bytes: Buffer): End {
  let at = 0;
  let messages = 0;
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] ?? 0) & 0x0f;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    const payload = bytes.subarray(start, start + length);
    if (opcode === 8) {
      return { code: length < 2 ? 1005 : payload.readUInt16BE(0), reason: payload.subarray(2).toString(), messages };
    }
    messages++;
    at = start + length;
  }
  return { code: undefined, reason: "", messages };
}
