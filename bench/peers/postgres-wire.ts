import { connect, type Socket } from "node:net";

/** The few messages of PostgreSQL's protocol that LISTEN, NOTIFY and INSERT need. */
export class PostgresWire {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  readonly #waiting: { readonly done: () => void; readonly fail: (error: Error) => void }[] = [];
  onNotification: ((payload: string) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  static async connect(port: number, user: string, database: string): Promise<PostgresWire> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const wire = new PostgresWire(socket);
    const body = Buffer.from(`\0\x03\0\0user\0${user}\0database\0${database}\0\0`, "latin1");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length + 4);
    socket.write(Buffer.concat([length, body]));
    await wire.#answer();
    return wire;
  }

  /** Statements of one implicit transaction. Several may be sent before the first is answered. */
  query(sql: string): Promise<void> {
    const text = Buffer.from(`${sql}\0`);
    const head = Buffer.from("Q\0\0\0\0", "latin1");
    head.writeUInt32BE(text.length + 4, 1);
    this.#socket.write(Buffer.concat([head, text]));
    return this.#answer();
  }

  close(): void {
    this.#socket.destroy();
  }

  #answer(): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting.push({ done, fail });
    });
  }

  #read(chunk: Buffer): void {
    let data = Buffer.concat([this.#pending, chunk]);
    while (data.length >= 5) {
      const end = 1 + data.readUInt32BE(1);
      if (data.length < end) break;
      this.#take(String.fromCharCode(data[0] ?? 0), data.subarray(5, end));
      data = data.subarray(end);
    }
    this.#pending = data;
  }

  #take(type: string, body: Buffer): void {
    if (type === "Z") this.#waiting.shift()?.done();
    else if (type === "E") this.#waiting.shift()?.fail(new Error(body.toString("utf8")));
    else if (type === "A") {
      const channelEnd = body.indexOf(0, 4);
      this.onNotification?.(body.toString("utf8", channelEnd + 1, body.length - 1));
    }
  }
}
