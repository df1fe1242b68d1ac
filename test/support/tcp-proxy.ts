import type { AddressInfo } from "node:net";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { systemTimers } from "../../src/runtime/timers.ts";

/** Stands between a client and a server, over real TCP, and does what networks do. */
export class TcpProxy {
  /** Milliseconds that every piece of the server's answers comes late. */
  delayMs = 0;
  /** Bytes that the server's answers have at most in a piece, each of which is late by `delayMs`. */
  pieceBytes = Number.POSITIVE_INFINITY;
  /** Connections are closed as soon as they are made. */
  refuses = false;
  /** Takes everything and passes nothing on. */
  stalls = false;
  connections = 0;
  /** Where the server is; a server that comes back may be elsewhere. */
  targetPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(targetPort: number) {
    this.targetPort = targetPort;
    this.#server = createServer((client) => this.#connect(client));
  }

  static async start(targetUrl: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(Number(new URL(targetUrl).port));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks all connections, without goodbye, wherever they are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #connect(client: Socket): void {
    this.connections++;
    if (this.refuses) {
      client.destroy();
      return;
    }
    const server = createConnection(this.targetPort, "127.0.0.1");
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (!this.stalls) server.write(chunk);
    });
    void this.#passOn(server, client).catch(() => client.destroy());
  }

  /** One piece after another, so that a slow line makes the server wait. */
  async #passOn(from: Socket, to: Socket): Promise<void> {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      let at = 0;
      while (at < chunk.length) {
        const piece = chunk.subarray(at, at + Math.min(this.pieceBytes, chunk.length));
        at += piece.length;
        if (this.delayMs > 0) await systemTimers.sleep(this.delayMs);
        if (!this.stalls && !to.destroyed) to.write(piece);
      }
    }
    to.end();
  }
}
