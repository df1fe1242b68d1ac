import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { PostgresWire } from "./postgres-wire.ts";

/**
 * `ws` with nothing behind it: what is posted goes to every client. With the port of a PostgreSQL, what is notified on the
 * channel `ticks` does too.
 */
const [port, postgresPort] = process.argv.slice(2);

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const broadcast = (message: Buffer): void => {
  for (const client of sockets.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(message, { binary: false });
  }
};
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    broadcast(Buffer.concat(chunks));
    response.writeHead(200, { "content-type": "application/json", "content-length": 2 });
    response.end("{}");
  });
});
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, () => undefined);
});
if (postgresPort !== undefined) {
  const wire = await PostgresWire.connect(Number(postgresPort), "bench", "postgres");
  wire.onNotification = (payload) => broadcast(Buffer.from(payload));
  await wire.query("LISTEN ticks");
}
server.listen(Number(port), "127.0.0.1", () => process.send?.("ready"));
process.on("disconnect", () => process.exit(0));
