import type { LoginResponse } from "./auth.ts";
import { Authenticator } from "./authenticator.ts";
import { type RowData, wrapRowMap } from "./cell-value.ts";
import { AuthenticationError, ClientError } from "./errors.ts";
import { toServerError, toServerErrorFromText, unreadable } from "./failure.ts";
import { isRecord, parseResponse } from "./json.ts";
import type { ClientOptions, QueryOptions, QueryParameter } from "./options.ts";
import { type ResponseEvent, ResponseReader } from "./response-stream.ts";
import { type QueryResponse, toQueryResult, type WireResult } from "./results.ts";
import { type HttpAnswer, Transport } from "./transport.ts";

/** The part of a client that asks and is answered: SQL, logins and the server's JSON routes over HTTP. */
export class SqlClient {
  protected readonly transport: Transport;
  protected readonly authenticator: Authenticator;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.transport = new Transport({
      url: options.url.replace(/\/+$/, ""),
      headers: options.headers ?? {},
      timeoutMs: options.timeoutMs ?? 0,
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    });
    const fixed = options.auth;
    this.authenticator = new Authenticator({
      provider: options.authProvider ?? (fixed === undefined ? undefined : async () => fixed),
      maxAttempts: options.authProviderMaxAttempts ?? 3,
      initialBackoffMs: options.authProviderInitialBackoffMs ?? 250,
      maxBackoffMs: options.authProviderMaxBackoffMs ?? 2000,
      login: (user, password) => this.#login(user, password),
    });
  }

  get url(): string {
    return this.transport.url;
  }

  /**
   * Runs one or more statements.
   *
   * @param params values for `$1 …`; only with a single statement.
   * @returns one result per statement, in order.
   * @throws ServerError when the server refuses or a statement fails; ConnectionError; TimeoutError.
   */
  async query(sql: string, params?: readonly QueryParameter[], options: QueryOptions = {}): Promise<QueryResponse> {
    const answer = await this.#send(sql, params, options);
    const body = this.#checked(answer, await this.#parse(answer));
    return {
      status: "success",
      results: (body.results as readonly WireResult[]).map(toQueryResult),
      took: typeof body.took === "number" ? body.took : 0,
    };
  }

  /** The first row of the first result by column name, or null. */
  async queryOne(sql: string, params?: readonly QueryParameter[], options?: QueryOptions): Promise<RowData | null> {
    return (await this.queryAll(sql, params, options))[0] ?? null;
  }

  /** The rows of the first result by column name. */
  async queryAll(sql: string, params?: readonly QueryParameter[], options?: QueryOptions): Promise<readonly RowData[]> {
    return (await this.query(sql, params, options)).results[0]?.named_rows.map(wrapRowMap) ?? [];
  }

  /** Runs one statement on another user's rows; for services and administrators. */
  executeAsUser(
    sql: string,
    user: string,
    params?: readonly QueryParameter[],
    options?: QueryOptions,
  ): Promise<QueryResponse> {
    const statement = sql.trim().replace(/;$/, "");
    // The line break ends a comment that the statement may end with.
    return this.query(`EXECUTE AS USER '${user.replaceAll("'", "''")}' (${statement}\n)`, params, options);
  }

  /**
   * As `query`, but rows are handed over as they arrive and never held together: for results of any size.
   *
   * @returns the server's milliseconds, when the iteration ends.
   */
  async *stream(
    sql: string,
    params?: readonly QueryParameter[],
    options: QueryOptions = {},
  ): AsyncGenerator<ResponseEvent, number> {
    const answer = await this.#send(sql, params, options);
    const reader = new ResponseReader();
    for await (const chunk of answer.chunks()) yield* this.#readable(() => reader.push(chunk));
    const frame = this.#readable(() => reader.finish());
    const took = this.#checked(answer, frame).took;
    return typeof took === "number" ? took : 0;
  }

  /** Exchanges the client's password for a fresh token and uses it from now on. @throws AuthenticationError */
  async login(): Promise<LoginResponse> {
    const credentials = await (this.#options.authProvider?.() ?? Promise.resolve(this.#options.auth));
    if (credentials?.type !== "basic") throw new ClientError("login() needs Auth.basic(user, password)");
    const response = await this.#login(credentials.user, credentials.password);
    this.authenticator.adopt(response.access_token);
    return response;
  }

  /** Exchanges a refresh token for a fresh pair and uses it from now on. @throws AuthenticationError */
  async refreshToken(refreshToken: string): Promise<LoginResponse> {
    const answer = await this.transport.call("/v1/api/auth/refresh", { token: refreshToken });
    const response = await this.#readJson<LoginResponse>(answer);
    this.authenticator.adopt(response.access_token);
    return response;
  }

  /** Reads one of the server's own JSON routes, such as `/v1/api/auth/me`. */
  async get<T>(path: string, options: QueryOptions = {}): Promise<T> {
    const answer = await this.#authenticated((token) =>
      this.transport.call(path, { ...options, method: "GET", token }),
    );
    return this.#readJson<T>(answer);
  }

  async #login(user: string, password: string): Promise<LoginResponse> {
    const body = JSON.stringify({ user, password });
    return this.#readJson<LoginResponse>(await this.transport.call("/v1/api/auth/login", { body }));
  }

  async #readJson<T>(answer: HttpAnswer): Promise<T> {
    if (answer.status >= 300) throw toServerErrorFromText(answer.status, await answer.text(), answer.requestId);
    return (await this.#parse(answer)) as T;
  }

  async #parse(answer: HttpAnswer): Promise<unknown> {
    const text = await answer.text();
    return this.#readable(() => parseResponse(text));
  }

  /** What cannot be read says that this is no KalamDB server, rather than where the JSON is wrong. */
  #readable<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw unreadable(this.url, error);
    }
  }

  #checked(answer: HttpAnswer, body: unknown): Record<string, unknown> {
    if (!isRecord(body) || !Array.isArray(body.results)) throw unreadable(this.url, undefined);
    if (body.status === "error" || isRecord(body.error)) {
      throw toServerError(answer.status, body, answer.requestId);
    }
    return body;
  }

  async #send(sql: string, params: readonly QueryParameter[] | undefined, options: QueryOptions): Promise<HttpAnswer> {
    const namespace = options.namespace ?? this.#options.namespace;
    const body = JSON.stringify({
      sql,
      ...(params === undefined || params.length === 0
        ? {}
        : { params: params.map((value) => (typeof value === "bigint" ? parameterOf(value) : value)) }),
      ...(namespace === undefined ? {} : { namespace_id: namespace }),
    });
    return this.#authenticated((token) => this.transport.call("/v1/api/sql", { ...options, body, token }));
  }

  /** Sends with the client's token; when the server refuses it, once more with another. */
  async #authenticated(send: (token: string | undefined) => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const token = await this.authenticator.token();
    const answer = await send(token);
    if (answer.status < 300) return answer;
    const failure = toServerErrorFromText(answer.status, await answer.text(), answer.requestId);
    if (!(failure instanceof AuthenticationError) || token === undefined) throw failure;
    // A fixed token or a fixed password cannot do better against anything but an expired token.
    const replaceable = failure.code === "TOKEN_EXPIRED" || this.#options.authProvider !== undefined;
    const other = replaceable ? await this.authenticator.replace(token) : undefined;
    if (other === undefined) throw failure;
    const second = await send(other);
    if (second.status < 300) return second;
    throw toServerErrorFromText(second.status, await second.text(), second.requestId);
  }
}

function parameterOf(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
