/** What a socket tells its owner. After `closed` it says nothing more. */
export interface SocketHandlers {
  message(data: string | Uint8Array): void;
  closed(code: number, reason: string): void;
}

/** An open WebSocket, of whichever kind the platform has. */
export interface LiveSocket {
  send(text: string): void;
  /** Asks the other side for a sign of life where the platform can: browsers do not let a page do that. */
  probe(): void;
  /** Grows with everything that arrives, also within a message; undefined where the platform does not tell. */
  received(): number | undefined;
  close(code: number, reason: string): void;
  /** Without waiting for the other side's farewell. */
  abandon(): void;
}

/**
 * Opens a socket. Headers are for platforms that can send some.
 * @throws ServerError when the server refuses, ConnectionError when there is none, the signal's reason
 */
export type OpenSocket = (
  url: string,
  headers: Readonly<Record<string, string>>,
  handlers: SocketHandlers,
  signal: AbortSignal,
) => Promise<LiveSocket>;

/** What the client says when the socket ended without a farewell. */
export const CLOSED_WITHOUT_FAREWELL = 1006;
