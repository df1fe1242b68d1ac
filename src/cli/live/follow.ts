import type { ChangeStreamOptions } from "../../client/index.ts";
import type { Session } from "../session.ts";
import { changeJson, changeText } from "./change-text.ts";

export interface FollowOptions {
  readonly subscription: Omit<ChangeStreamOptions, "signal">;
  /** One JSON object per line instead of text for people. */
  readonly json: boolean;
  /** Ends after so many rows; undefined: never. */
  readonly count?: number | undefined;
}

/**
 * Writes the rows of a live query, and every change to them, until the signal comes.
 *
 * @param note is told when the connection is lost and when it is there again
 * @throws SubscriptionError when the server refuses or ends it; ConnectionError, AuthenticationError at the beginning
 */
export async function follow(
  session: Session,
  sql: string,
  options: FollowOptions,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<void> {
  const { client, output, presentation } = session;
  const stream = client.changes(sql, { ...options.subscription, signal });
  client.setHooks({
    onDisconnect: ({ message, reconnecting }) => {
      if (reconnecting) note(`The connection was lost (${message}); trying again`);
    },
  });
  let rows = 0;
  try {
    for await (const change of stream) {
      const text = options.json ? changeJson(change) : changeText(change, stream.schema, presentation.color);
      output.write(`${text}\n`);
      await output.flush();
      if (change.type !== "ready" && change.type !== "reset" && ++rows === options.count) return;
    }
  } finally {
    client.setHooks({ onDisconnect: () => undefined });
    await output.flush();
  }
}
