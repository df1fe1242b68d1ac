import { connect, type Socket } from "node:net";

const OPCODE_CLOSE = 8;

/**
 * A WebSocket client that does as little as a client can, so that what is measured is the server: it looks at the header of
 * every frame and hands the payload on.
 */
export class Receiver {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  /** Text and binary messages so far. */
  received = 0;
  onMessage: ((payload: Buffer) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @param token sent with the handshake; the server says that it is welcome before this resolves */
  static async open(port: number, path: string, token?: string): Promise<Receiver> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const receiver = new Receiver(socket);
    const authorization = token === undefined ? "" : `Authorization: Bearer ${token}\r\n`;
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${authorization}\r\n`,
    );
    await receiver.#shakeHands();
    if (token !== undefined) await receiver.message();
    return receiver;
  }

  /** The next message, as text. */
  message(): Promise<string> {
    return new Promise((resolve) => {
      this.onMessage = (payload) => {
        this.onMessage = undefined;
        resolve(payload.toString());
      };
    });
  }

  send(message: object): void {
    const payload = Buffer.from(JSON.stringify(message));
    const { length } = payload;
    const header = Buffer.alloc(length < 126 ? 6 : 8);
    header[0] = 0x81;
    header[1] = 0x80 | Math.min(length, 126);
    if (length >= 126) header.writeUInt16BE(length, 2);
    // The mask is zeros: it changes nothing.
    this.#socket.write(Buffer.concat([header, payload]));
  }

  close(): void {
    this.#socket.removeAllListeners();
    this.#socket.destroy();
  }

  #shakeHands(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      let answer = Buffer.alloc(0);
      socket.once("error", reject);
      const listen = (chunk: Buffer): void => {
        answer = Buffer.concat([answer, chunk]);
        const end = answer.indexOf("\r\n\r\n");
        if (end < 0) return;
        socket.off("data", listen);
        if (!answer.toString("latin1").startsWith("HTTP/1.1 101 ")) {
          reject(new Error(answer.toString()));
          return;
        }
        socket.on("data", (data: Buffer) => this.#read(data));
        resolve();
        const rest = answer.subarray(end + 4);
        if (rest.length > 0) queueMicrotask(() => this.#read(rest));
      };
      socket.on("data", listen);
    });
  }

  #read(chunk: Buffer): void {
    let data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const frame = nextFrame(data);
      if (frame === undefined) break;
      if (frame.opcode === OPCODE_CLOSE) throw new Error(`The server closed: ${frame.payload.toString("utf8", 2)}`);
      this.received++;
      this.onMessage?.(frame.payload);
      data = data.subarray(frame.end);
    }
    this.#pending = data;
  }
}

function nextFrame(data: Buffer): { opcode: number; payload: Buffer; end: number } | undefined {
  if (data.length < 2) return undefined;
  const short = (data[1] ?? 0) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < start) return undefined;
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  const end = start + length;
  if (data.length < end) return undefined;
  return { opcode: (data[0] ?? 0) & 0x0f, payload: data.subarray(start, end), end };
}
