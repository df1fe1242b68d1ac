import type { Random } from "../runtime/random.ts";
import { webRandom } from "../runtime/web-random.ts";
import { connectionFailure } from "./connection-failure.ts";
import { RequestLimit } from "./request-limit.ts";

export interface TransportOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly fetch: typeof globalThis.fetch;
}

export interface HttpCall {
  readonly method?: "GET" | "POST";
  readonly body?: string;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly requestId?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly requestId: string;
  text(): Promise<string>;
  /** Pieces of the body as they arrive. */
  chunks(): AsyncGenerator<string>;
}

/** One HTTP request: headers, request id, time limit, and what goes wrong before the server has answered. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #prefix: string;
  #count = 0;

  constructor(options: TransportOptions, random: Random = webRandom) {
    this.#options = options;
    this.#prefix = Array.from(random.bytes(8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  get url(): string {
    return this.#options.url;
  }

  nextRequestId(): string {
    return `${this.#prefix}-${++this.#count}`;
  }

  async call(path: string, call: HttpCall): Promise<HttpAnswer> {
    const requestId = call.requestId ?? this.nextRequestId();
    const timeoutMs = call.timeoutMs ?? this.#options.timeoutMs;
    const limit = new RequestLimit(timeoutMs, call.signal);
    const failure = (error: unknown): unknown => {
      if (limit.signal.aborted) return limit.signal.reason;
      return connectionFailure(this.url, error);
    };
    try {
      const response = await this.#options.fetch(`${this.url}${path}`, {
        method: call.method ?? "POST",
        headers: {
          ...this.#options.headers,
          ...(call.body === undefined ? {} : { "content-type": "application/json" }),
          ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
          "x-request-id": requestId,
        },
        ...(call.body === undefined ? {} : { body: call.body }),
        signal: limit.signal,
      });
      return {
        status: response.status,
        requestId: response.headers.get("x-request-id") ?? requestId,
        text: () => readText(response, limit, failure),
        chunks: () => readChunks(response, limit, failure),
      };
    } catch (error) {
      limit.release();
      throw failure(error);
    }
  }
}

async function readText(
  response: Response,
  limit: RequestLimit,
  failure: (error: unknown) => unknown,
): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw failure(error);
  } finally {
    limit.release();
  }
}

async function* readChunks(
  response: Response,
  limit: RequestLimit,
  failure: (error: unknown) => unknown,
): AsyncGenerator<string> {
  const reader = (response.body ?? new Blob([]).stream()).getReader();
  const decoder = new TextDecoder();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield decoder.decode(value, { stream: true });
    }
    finished = true;
    yield decoder.decode();
  } catch (error) {
    throw finished ? error : failure(error);
  } finally {
    limit.release();
    if (!finished) await reader.cancel().catch(() => undefined);
  }
}
