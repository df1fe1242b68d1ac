const HEAD_END = Buffer.from("\r\n\r\n");
const CHUNKS_END = Buffer.from("\r\n0\r\n\r\n");

export interface Answer {
  readonly status: number;
  /** Body as it came, with the sizes of its chunks if it was chunked. */
  readonly body: Buffer;
}

/**
 * Puts HTTP/1.1 answers together from what a socket gives. It knows `content-length` and `chunked` and nothing else, so
 * that the generator costs less than the servers that it measures. One request is under way at a time.
 */
export class ResponseReader {
  #pending: Buffer | undefined;

  /** @returns the answer once it is complete. */
  push(data: Buffer): Answer | undefined {
    const bytes = this.#pending === undefined ? data : Buffer.concat([this.#pending, data]);
    const answer = complete(bytes);
    this.#pending = answer === undefined ? bytes : undefined;
    return answer;
  }
}

function complete(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const bodyStart = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length !== null) {
    if (bytes.length < bodyStart + Number(length[1])) return undefined;
  } else if (!bytes.subarray(Math.max(headEnd, bytes.length - CHUNKS_END.length)).equals(CHUNKS_END)) {
    return undefined;
  }
  return { status: Number(head.slice(9, 12)), body: bytes.subarray(bodyStart) };
}
