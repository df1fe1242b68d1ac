import type { ServerResponse } from "node:http";
import type { ResultColumn } from "../../engine/query/relation.ts";
import type { StatementResult } from "../../engine/request.ts";
import type { Row } from "../../engine/types/index.ts";
import type { Timers } from "../../runtime/timers.ts";
import { ClientGone } from "./request-body.ts";
import { encodeRows, encoderOf, encodeTail } from "./result-encoder.ts";

/** Text that is collected before it is written. An answer that is shorter is sent whole, with its length. */
const CHUNK_CHARACTERS = 64 * 1024;
const SLICE_ROWS = 500;
/** A reader that takes nothing for so long is cut off. */
const STALLED_MILLIS = 60_000;

/** What the stream of one result becomes. */
export interface StreamedAnswer {
  /** Writes status and headers; called once, before the first chunk. */
  begin(): void;
  /** Sends an answer that turned out to be short. */
  whole(text: string): void;
  /** What stands behind the result. */
  end(): string;
}

/**
 * Writes the rows of a result as they come, waiting whenever the client reads more slowly than they are made.
 *
 * What fails before the first chunk was written is thrown with nothing sent, so that it can still be answered with its status;
 * what fails later is thrown with `response.headersSent`, and the caller must destroy the connection: the body would look
 * complete otherwise.
 *
 * @returns the number of rows.
 * @throws ClientGone
 */
export async function streamResult(
  response: ServerResponse,
  result: StatementResult & { readonly columns: readonly ResultColumn[] },
  chunks: AsyncIterable<readonly Row[]>,
  answer: StreamedAnswer,
  timers: Timers,
): Promise<number> {
  const encoder = encoderOf(result.columns);
  let text = `{"status":"success","results":[{${encoder.head}`;
  let count = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += SLICE_ROWS) {
      const rows = chunk.length <= SLICE_ROWS ? chunk : chunk.slice(from, from + SLICE_ROWS);
      text += encodeRows(encoder, rows, count === 0);
      count += rows.length;
      if (text.length < CHUNK_CHARACTERS) continue;
      if (!response.headersSent) answer.begin();
      await write(response, text, timers);
      text = "";
    }
  }
  const rowCount = result.message === undefined ? count : (result.rowCount ?? count);
  text += `${encodeTail(result, rowCount)}]${answer.end()}`;
  if (response.headersSent) response.end(text);
  else answer.whole(text);
  return count;
}

async function write(response: ServerResponse, text: string, timers: Timers): Promise<void> {
  if (response.closed || response.destroyed) throw new ClientGone();
  if (response.write(text)) return;
  await new Promise<void>((resolve, reject) => {
    const stalled = timers.after(STALLED_MILLIS, () => response.destroy());
    const settle = (): void => {
      stalled.cancel();
      response.off("drain", settle);
      response.off("close", settle);
      if (response.closed || response.destroyed) reject(new ClientGone());
      else resolve();
    };
    response.on("drain", settle);
    response.on("close", settle);
  });
}
