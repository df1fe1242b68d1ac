import { systemClock } from "../runtime/clock.ts";

/** How much a client tells its `logListener`. */
export const LogLevel = { Verbose: 0, Debug: 1, Info: 2, Warn: 3, Error: 4, None: 5 } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  /** The part of the client that speaks, such as `live`. */
  readonly tag: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface DisconnectReason {
  readonly message: string;
  /** The close code of the WebSocket. */
  readonly code: number;
  /** The client did not end it itself, and will try again. */
  readonly reconnecting: boolean;
}

export interface ClientFault {
  readonly message: string;
  /** The client goes on by itself. */
  readonly recoverable: boolean;
}

/** What an application may watch: the connection of live queries, its messages, and a log. */
export interface ClientHooks {
  readonly onConnect?: () => void;
  readonly onDisconnect?: (reason: DisconnectReason) => void;
  readonly onError?: (fault: ClientFault) => void;
  /** Every message as it came. */
  readonly onReceive?: (text: string) => void;
  /** Every message as it goes out, the token apart. */
  readonly onSend?: (text: string) => void;
  /** Default `Warn`. */
  readonly logLevel?: LogLevel;
  readonly logListener?: (entry: LogEntry) => void;
}

/** Calls an application's function. What it throws surfaces as uncaught, and does not stop what others are to get. */
export function callOut(work: () => void): void {
  try {
    work();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The hooks of one client, which may be set again at any time. */
export class Hooks {
  readonly current: Mutable<ClientHooks>;

  constructor(hooks: ClientHooks) {
    this.current = { ...hooks };
  }

  connected(): void {
    this.log(LogLevel.Info, "connected");
    callOut(() => this.current.onConnect?.());
  }

  disconnected(reason: DisconnectReason): void {
    this.log(LogLevel.Info, `disconnected: ${reason.message}`);
    callOut(() => this.current.onDisconnect?.(reason));
  }

  fault(fault: ClientFault): void {
    this.log(fault.recoverable ? LogLevel.Warn : LogLevel.Error, fault.message);
    callOut(() => this.current.onError?.(fault));
  }

  received(text: string): void {
    this.log(LogLevel.Verbose, `received ${text}`);
    callOut(() => this.current.onReceive?.(text));
  }

  sent(text: string): void {
    this.log(LogLevel.Verbose, `sent ${text}`);
    callOut(() => this.current.onSend?.(text));
  }

  log(level: LogLevel, message: string): void {
    const { logListener, logLevel = LogLevel.Warn } = this.current;
    if (logListener === undefined || level < logLevel) return;
    callOut(() => logListener({ level, message, tag: "live", timestamp: systemClock.now() }));
  }
}
