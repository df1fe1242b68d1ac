import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface WireRequest {
  readonly sql: string;
  readonly params?: readonly unknown[];
  readonly namespace_id?: string;
}

export interface WireAnswer {
  readonly status?: number;
  /** An object becomes JSON; text is sent as it stands. */
  readonly body: unknown;
}

/** Shapes of the wire. */
export const wire = {
  rows(schema: readonly [name: string, type: unknown][], rows: readonly unknown[][], extra: object = {}): WireAnswer {
    const result = {
      schema: schema.map(([name, data_type], index) => ({ name, data_type, index })),
      rows,
      row_count: rows.length,
      as_user: "root",
    };
    return { body: { status: "success", results: [{ ...result, ...extra }], took: 1.234, error: null } };
  },
  message(message: string, rowCount = 0): WireAnswer {
    return { body: { status: "success", results: [{ row_count: rowCount, message, as_user: "root" }], took: 0.512 } };
  },
  error(message: string, fields: object = {}, status = 400): WireAnswer {
    const error = { code: "SQL_EXECUTION_ERROR", message, ...fields };
    return { status, body: { status: "error", results: [], took: 0.1, error } };
  },
};

/**
 * Speaks as much of the wire as the command and the client need, with answers given by the test. Logs everything in whose password
 * is `secret`; tokens are `token-1`, `token-2` … and only the newest is valid.
 */
export class WireServer {
  readonly requests: WireRequest[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  logins = 0;
  refreshes = 0;
  /** Answers a statement; undefined leaves the request open. */
  answer: (request: WireRequest) => WireAnswer | undefined = () => wire.rows([["one", "Int"]], [[1]]);
  readonly #server: Server;
  #tokens = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<WireServer> {
    const server = new WireServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    server.port = (server.#server.address() as AddressInfo).port;
    return server;
  }

  /** Stays known after `stop`. */
  port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get token(): string {
    return `token-${this.#tokens}`;
  }

  /** No token that was given out is accepted any longer. */
  expireTokens(): void {
    this.#tokens++;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk as string;
    const answer = this.#route(request, text);
    if (answer === undefined) return;
    response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  }

  #route(request: IncomingMessage, text: string): WireAnswer | undefined {
    this.headers.push(request.headers);
    const token = request.headers.authorization?.replace("Bearer ", "");
    switch (request.url) {
      case "/v1/api/auth/login": {
        this.logins++;
        const { user, password } = JSON.parse(text) as { user: string; password: string };
        if (password !== "secret")
          return { status: 401, body: { error: "unauthorized", message: "Invalid credentials" } };
        return { body: this.#login(user) };
      }
      case "/v1/api/auth/refresh":
        this.refreshes++;
        if (token !== "refresh") return { status: 401, body: { error: "unauthorized", message: "Invalid token" } };
        return { body: this.#login("root") };
      case "/v1/api/auth/me":
        return { body: { user: this.#user("root"), admin_ui_access: true } };
      case "/v1/api/healthcheck":
        return { body: { status: "healthy", version: "0.1.0", api_version: "v1", build_date: "" } };
      case "/v1/api/sql": {
        if (token !== this.token) return wire.error("Invalid credentials", { code: "TOKEN_EXPIRED" }, 401);
        const body = JSON.parse(text) as WireRequest;
        this.requests.push(body);
        return this.answer(body);
      }
      default:
        return { status: 404, body: "" };
    }
  }

  #login(user: string): object {
    this.#tokens++;
    return {
      user: this.#user(user),
      admin_ui_access: true,
      expires_at: "2999-01-01T00:00:00+00:00",
      access_token: this.token,
      refresh_token: "refresh",
      refresh_expires_at: "2999-01-01T00:00:00+00:00",
    };
  }

  #user(id: string): object {
    return { id, role: "system", email: null, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
  }
}
