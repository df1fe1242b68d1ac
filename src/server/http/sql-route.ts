import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../../engine/auth/roles.ts";
import type { ResultColumn } from "../../engine/query/relation.ts";
import type { Parameter, RequestContext, StatementResult } from "../../engine/request.ts";
import type { Row } from "../../engine/types/index.ts";
import { KalamError, toKalamError } from "../../errors/index.ts";
import { LIVE_PATH } from "../../protocol/live.ts";
import { TokenBuckets } from "../limits/token-buckets.ts";
import { loggable } from "../log.ts";
import type { ClientAddresses } from "./addresses.ts";
import { AnswerGroup } from "./answer-group.ts";
import { authenticationBody, describeFailure, failureBody, tookField } from "./error-body.ts";
import { BodyTooLarge, ClientGone, readBody, requirePlainEncoding } from "./request-body.ts";
import { encodeResult, formatTook } from "./result-encoder.ts";
import { streamResult } from "./row-stream.ts";
import type { Backend, ServerContext } from "./server-context.ts";
import { type CheckedRequest, type ParameterLimits, readSqlRequest } from "./sql-request.ts";

/** More rows than this are written in pieces even when they are all there. */
const WHOLE_ROWS = 1000;
const AUTHENTICATION_ERRORS: ReadonlySet<string> = new Set([
  "missing_authorization",
  "token_expired",
  "invalid_credentials",
]);

/** A request on its way. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Monotonic milliseconds. */
  readonly started: number;
}

/**
 * `POST /v1/api/sql`, straight on `node:http`: the path that nearly every request takes. One look for the token, one
 * `JSON.parse`, one text built, one `end`.
 */
export class SqlRoute {
  readonly #context: ServerContext;
  readonly #backend: Backend;
  readonly #buckets: TokenBuckets;
  readonly #bodyLimit: number;
  readonly #parameterLimits: ParameterLimits;
  readonly #reportElapsed: boolean;
  readonly #slowMillis: number;
  readonly #answers: AnswerGroup;

  constructor(context: ServerContext, backend: Backend) {
    const { config, runtime } = context;
    this.#context = context;
    this.#backend = backend;
    this.#buckets = new TokenBuckets(runtime.clock, config["rate_limit.max_queries_per_sec"]);
    this.#bodyLimit = config["rate_limit.request_body_limit_bytes"];
    this.#parameterLimits = {
      count: config["execution.max_parameters"],
      bytes: config["execution.max_parameter_size_bytes"],
    };
    this.#reportElapsed = config["execution.report_elapsed"];
    this.#slowMillis = config["logging.slow_query_threshold_ms"];
    this.#answers = new AnswerGroup(runtime.timers);
  }

  /** Answers, whatever happens; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const exchange: Exchange = { request, response, requestId, started: this.#context.runtime.clock.monotonic() };
    let principal: Principal | undefined;
    let sql = "";
    try {
      const { authorization } = request.headers;
      principal =
        this.#backend.tokens.recall(authorization) ?? (await this.#backend.tokens.authenticate(authorization));
      if (!this.#buckets.take(principal.userId)) throw new KalamError("rate_limited");
      requirePlainEncoding(request);
      const body = await readBody(request, this.#bodyLimit);
      const checked = readSqlRequest(body, this.#parameterLimits);
      sql = checked.sql;
      const context = new SqlRequestContext(principal, checked, exchange, this.#context.addresses);
      const results = await this.#backend.executor.execute(sql, context);
      await this.#answer(exchange, results);
      this.#logDone(exchange, principal, sql);
    } catch (error) {
      this.#fail(exchange, error, principal, sql);
    }
  }

  async #answer(exchange: Exchange, results: readonly StatementResult[]): Promise<void> {
    const [only] = results;
    if (results.length === 1 && only?.columns !== undefined) {
      if (isWhole(only.rows)) {
        const text = encodeResult(only, only.rows ?? []);
        this.#send(exchange, 200, `{"status":"success","results":[${text}]${this.#took(exchange)},"error":null}`);
      } else {
        await this.#stream(exchange, only as StatementResult & { columns: readonly ResultColumn[] });
      }
      return;
    }
    let text = "";
    for (const result of results) {
      const rows = isArray(result.rows) ? result.rows : await collect(result.rows);
      text += text === "" ? encodeResult(result, rows) : `,${encodeResult(result, rows)}`;
    }
    this.#send(exchange, 200, `{"status":"success","results":[${text}]${this.#took(exchange)}}`);
  }

  async #stream(exchange: Exchange, result: StatementResult & { columns: readonly ResultColumn[] }): Promise<void> {
    const { response, requestId } = exchange;
    const rows = result.rows ?? [];
    await streamResult(
      response,
      result,
      isArray(rows) ? inOneChunk(rows) : rows,
      {
        begin: () => response.writeHead(200, headers(requestId)),
        whole: (text) => this.#send(exchange, 200, text),
        end: () => `${this.#took(exchange)},"error":null}`,
      },
      this.#context.runtime.timers,
    );
  }

  #fail(exchange: Exchange, thrown: unknown, principal: Principal | undefined, sql: string): void {
    const { response, requestId } = exchange;
    const { log } = this.#context;
    if (thrown instanceof BodyTooLarge) {
      this.#refuseBody(exchange, thrown);
      return;
    }
    if (thrown instanceof ClientGone || response.destroyed) {
      log.debug({ requestId, user: principal?.userId }, "the client went away before its answer was complete");
      response.destroy();
      return;
    }
    const took = this.#reportElapsed ? formatTook(this.#elapsed(exchange)) : "";
    const error = toKalamError(thrown);
    if (AUTHENTICATION_ERRORS.has(error.key)) {
      this.#send(exchange, error.definition.status, authenticationBody(error, took));
      return;
    }
    const failure = describeFailure(thrown, sql, principal, requestId);
    if (failure.fault !== undefined) {
      const { fault } = failure;
      log.error({ requestId, user: principal?.userId, err: fault, cause: fault.cause }, "a request failed");
    }
    if (response.headersSent) {
      log.warn({ requestId, code: failure.error.code, error: failure.error.message }, "an answer was cut off");
      response.destroy();
      return;
    }
    this.#send(exchange, failure.status, failureBody(failure.error, took));
  }

  /** Reads on for a while without keeping anything, so that the client gets to see the answer; then hangs up. */
  #refuseBody(exchange: Exchange, { bytes, maximum }: BodyTooLarge): void {
    const { request } = exchange;
    const { definition, message } = new KalamError("body_too_large");
    const body = { error: definition.code, message, size_bytes: bytes, max_bytes: maximum };
    this.#send(exchange, definition.status, JSON.stringify(body));
    let rest = 4 * maximum;
    request.on("data", (chunk: Buffer) => {
      rest -= chunk.length;
      if (rest < 0) request.destroy();
    });
    request.resume();
  }

  #send(exchange: Exchange, status: number, body: string): void {
    const { response, requestId } = exchange;
    if (response.destroyed) return;
    const list = headers(requestId);
    if (status === 429) list.push("Retry-After", "1");
    list.push("Content-Length", String(Buffer.byteLength(body)));
    this.#answers.send({ response, status, headers: list, body });
  }

  #elapsed(exchange: Exchange): number {
    return this.#context.runtime.clock.monotonic() - exchange.started;
  }

  #took(exchange: Exchange): string {
    return this.#reportElapsed ? tookField(formatTook(this.#elapsed(exchange))) : "";
  }

  #logDone(exchange: Exchange, principal: Principal, sql: string): void {
    const { log } = this.#context;
    const millis = this.#elapsed(exchange);
    const { requestId } = exchange;
    if (this.#slowMillis > 0 && millis >= this.#slowMillis) {
      log.warn({ requestId, user: principal.userId, millis, sql: loggable(sql) }, "slow statement");
    } else if (log.isLevelEnabled("debug")) {
      log.debug({ requestId, user: principal.userId, millis }, "POST /v1/api/sql");
    }
  }
}

/**
 * What a request brings to the engine. `signal` is made when somebody asks for it: most statements are done before anybody
 * could. A class, because an object literal with a getter has a shape of its own every time it is made, which nothing that
 * reads it could be optimised for.
 */
class SqlRequestContext implements RequestContext {
  readonly principal: Principal;
  readonly namespace: string | undefined;
  readonly params: readonly Parameter[] | undefined;
  readonly requestId: string;
  readonly #exchange: Exchange;
  readonly #addresses: ClientAddresses;
  #controller: AbortController | undefined;

  constructor(principal: Principal, checked: CheckedRequest, exchange: Exchange, addresses: ClientAddresses) {
    this.principal = principal;
    this.namespace = checked.namespace;
    this.params = checked.params;
    this.requestId = exchange.requestId;
    this.#exchange = exchange;
    this.#addresses = addresses;
  }

  /** On the host that the client has called. */
  get liveUrl(): string | undefined {
    const { request } = this.#exchange;
    const { host } = request.headers;
    if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return undefined;
    return `${this.#addresses.isSecure(request) ? "wss" : "ws"}://${host}${LIVE_PATH}`;
  }

  get signal(): AbortSignal {
    this.#controller ??= abortWith(this.#exchange.response);
    return this.#controller.signal;
  }
}

/** Aborts when the client goes away before its answer is complete. */
function abortWith(response: ServerResponse): AbortController {
  const controller = new AbortController();
  if (response.destroyed || response.closed) controller.abort();
  else response.once("close", () => response.writableFinished || controller.abort());
  return controller;
}

function headers(requestId: string): string[] {
  return ["Content-Type", "application/json", "X-Content-Type-Options", "nosniff", "X-Request-ID", requestId];
}

function isArray(rows: StatementResult["rows"]): rows is readonly Row[] {
  return Array.isArray(rows);
}

function isWhole(rows: StatementResult["rows"]): rows is readonly Row[] | undefined {
  return rows === undefined || (isArray(rows) && rows.length <= WHOLE_ROWS);
}

async function* inOneChunk(rows: readonly Row[]): AsyncIterable<readonly Row[]> {
  yield rows;
}

async function collect(rows: Exclude<StatementResult["rows"], readonly Row[]>): Promise<readonly Row[]> {
  if (rows === undefined) return [];
  const all: Row[] = [];
  for await (const chunk of rows) for (const row of chunk) all.push(row);
  return all;
}
