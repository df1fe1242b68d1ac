import { ConnectionError } from "../errors.ts";
import type { LiveSocket, OpenSocket } from "./socket.ts";

/** The WebSocket of browsers. It hides why a connection failed, and sends no headers. */
export const openWebSocket: OpenSocket = (url, _headers, handlers, signal) =>
  new Promise<LiveSocket>((resolve, reject) => {
    signal.throwIfAborted();
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    const onAbort = () => {
      socket.close();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    let told = false;
    const tellClosed = (code: number, reason: string) => {
      signal.removeEventListener("abort", onAbort);
      if (!told) handlers.closed(code, reason);
      told = true;
    };
    socket.onopen = () => {
      signal.removeEventListener("abort", onAbort);
      resolve({
        send: (text) => socket.send(text),
        probe: () => undefined,
        received: () => undefined,
        close: (code, reason) => socket.close(code, reason),
        abandon: () => {
          socket.close();
          tellClosed(1006, "given up");
        },
      });
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (!told) handlers.message(typeof data === "string" ? data : new Uint8Array(data));
    };
    socket.onclose = ({ code, reason }) => {
      reject(new ConnectionError(url, reason === "" ? "the connection was not made" : reason, undefined));
      tellClosed(code, reason);
    };
  });
