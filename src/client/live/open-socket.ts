import { openNodeSocket } from "./node-socket.ts";
import type { OpenSocket } from "./socket.ts";
import { openWebSocket } from "./web-socket.ts";

const inNode = typeof process === "object" && process.versions?.node !== undefined;

/** The platform's own way. In a bundle for browsers, the package `ws` is its stub of a few lines. */
export const openSocket: OpenSocket = inNode ? openNodeSocket : openWebSocket;
