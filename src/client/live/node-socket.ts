import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { RawData } from "ws";
import { connectionFailure } from "../connection-failure.ts";
import { toServerErrorFromText } from "../failure.ts";
import type { LiveSocket, OpenSocket } from "./socket.ts";

/** The WebSocket of the package `ws`: it sends headers, tells why a connection failed, and can ask whether the server is there. */
export const openNodeSocket: OpenSocket = async (url, headers, handlers, signal) => {
  const { WebSocket } = await import("ws");
  signal.throwIfAborted();
  return new Promise<LiveSocket>((resolve, reject) => {
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    let stream: Socket | undefined;
    const onAbort = () => socket.terminate();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("upgrade", (response) => {
      stream = response.socket;
    });
    socket.on("unexpected-response", (request, response) => {
      refusalOf(response).then(reject, reject);
      response.once("close", () => request.destroy());
    });
    // After it was opened, an error is followed by `close`, which says what matters.
    socket.on("error", (error) => reject(signal.aborted ? signal.reason : connectionFailure(url, error)));
    socket.on("open", () => {
      signal.removeEventListener("abort", onAbort);
      resolve({
        send: (text) => socket.send(text),
        probe: () => socket.ping(),
        received: () => stream?.bytesRead,
        close: (code, reason) => socket.close(code, reason),
        abandon: () => socket.terminate(),
      });
    });
    socket.on("message", (data, isBinary) => handlers.message(isBinary ? bytesOf(data) : bytesOf(data).toString()));
    socket.on("close", (code, reason) => {
      signal.removeEventListener("abort", onAbort);
      handlers.closed(code, reason.toString());
    });
  });
};

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

async function refusalOf(response: IncomingMessage): Promise<Error> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
  const requestId = response.headers["x-request-id"];
  return toServerErrorFromText(response.statusCode ?? 0, text, typeof requestId === "string" ? requestId : "");
}
