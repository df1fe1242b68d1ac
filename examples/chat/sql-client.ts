import { setTimeout as sleep } from "node:timers/promises";

export interface SqlResult {
  readonly schema?: readonly { readonly name: string }[];
  readonly rows?: readonly (readonly unknown[])[];
  readonly row_count: number;
  readonly message?: string;
}

interface SqlAnswer {
  readonly status: string;
  readonly results: readonly SqlResult[];
  readonly error?: { readonly code: string; readonly message: string } | null;
}

/** How long one statement may keep being told to slow down. */
const PATIENCE_MILLIS = 60_000;
const FIRST_WAIT_MILLIS = 25;
const LONGEST_WAIT_MILLIS = 1_000;

/** The server's HTTP interface in the few lines that a script needs. */
export class SqlClient {
  readonly #url: string;
  /** The access token, for a client that builds its requests itself. */
  readonly token: string;
  /** Times that the server answered 429 and the statement was sent again. */
  slowedDown = 0;

  constructor(url: string, token: string) {
    this.#url = `${url}/v1/api/sql`;
    this.token = token;
  }

  static async login(url: string, user: string, password: string): Promise<SqlClient> {
    const response = await post(`${url}/v1/api/auth/login`, {}, { user, password });
    const answer = (await response.json()) as { access_token?: string; message?: string };
    if (!response.ok || answer.access_token === undefined) {
      throw new Error(
        `Login as ${user} failed (${response.status}): ${answer.message ?? "no access token in the answer"}`,
      );
    }
    return new SqlClient(url, answer.access_token);
  }

  /** Runs one request. A 429 is waited out, each time twice as long; every other error is thrown. */
  async run(sql: string): Promise<readonly SqlResult[]> {
    return resultsOf(await this.text(sql), sql);
  }

  /** The same; gives the body of the answer as it came. */
  async text(sql: string): Promise<string> {
    let wait = FIRST_WAIT_MILLIS;
    for (let waited = 0; ; waited += wait, wait = Math.min(wait * 2, LONGEST_WAIT_MILLIS)) {
      const response = await post(this.#url, { authorization: `Bearer ${this.token}` }, { sql });
      const text = await response.text();
      if (response.status === 200) return text;
      if (response.status !== 429) throw failure(`HTTP ${response.status}`, text, sql);
      if (waited > PATIENCE_MILLIS) throw new Error(`The server kept answering 429 for a minute: ${text}`);
      this.slowedDown++;
      await sleep(wait);
    }
  }

  /** The first cell of the first row, of a query such as `SELECT count(*)`. */
  async value(sql: string): Promise<unknown> {
    const [result] = await this.run(sql);
    return result?.rows?.[0]?.[0];
  }
}

async function post(url: string, headers: Record<string, string>, body: object): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`No answer from ${new URL(url).origin} (${cause}). Is \`kalam serve\` running there?`, {
      cause: error,
    });
  }
}

function resultsOf(text: string, sql: string): readonly SqlResult[] {
  const answer = JSON.parse(text) as SqlAnswer;
  if (answer.status !== "success") throw failure("HTTP 200", text, sql);
  return answer.results;
}

function failure(status: string, text: string, sql: string): Error {
  const shown = sql.length > 200 ? `${sql.slice(0, 200)}…` : sql;
  return new Error(`${errorText(text) ?? `${status}: ${text}`}\n  in: ${shown}`);
}

function errorText(text: string): string | undefined {
  if (!text.startsWith("{")) return undefined;
  const { error } = JSON.parse(text) as Partial<SqlAnswer>;
  return error ? `${error.code}: ${error.message}` : undefined;
}
