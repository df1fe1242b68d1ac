import { connect } from "./connection/connect.ts";
import type { ConnectionFlags } from "./connection/settings.ts";
import { EXIT } from "./exit-codes.ts";
import { Output } from "./output.ts";
import type { Presentation } from "./render/index.ts";
import { Session } from "./session.ts";

export interface SessionSettings {
  readonly connection: ConnectionFlags;
  readonly presentation: Presentation;
  readonly timeoutMs: number;
  readonly verbose: boolean;
}

/** A session for what the command line says, writing to standard output. @throws as `connect` does. */
export async function openSession(settings: SessionSettings): Promise<Session> {
  const { client, namespace, user, origin } = await connect(settings.connection);
  if (settings.verbose) {
    process.stderr.write(`Connecting to ${client.url}${user === undefined ? "" : ` as ${user}`} (${origin})\n`);
  }
  return new Session({
    client,
    output: new Output(process.stdout),
    presentation: settings.presentation,
    namespace,
    user,
    timeoutMs: settings.timeoutMs,
  });
}

/** Runs work that the first Ctrl-C cancels; a second one ends the process. */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const onInterrupt = () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Error("Cancelled"));
  };
  process.on("SIGINT", onInterrupt);
  try {
    return await work(interrupt.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}
