/** Every error that the client throws on purpose is one of these; what the caller aborts rejects with the signal's reason. */
export class ClientError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ClientError";
  }
}

/** No answer: nothing listens there, the name does not resolve, or the connection broke. */
export class ConnectionError extends ClientError {
  readonly url: string;
  /** The system's name for the reason, such as `ECONNREFUSED`; undefined in browsers. */
  readonly code: string | undefined;

  constructor(url: string, reason: string, code: string | undefined, cause?: unknown) {
    super(`Cannot reach ${url}: ${reason}`, cause);
    this.name = "ConnectionError";
    this.url = url;
    this.code = code;
  }
}

/** The server did not answer within `timeoutMillis`. Whether a write was done is unknown. */
export class TimeoutError extends ClientError {
  readonly timeoutMillis: number;

  constructor(timeoutMillis: number) {
    super(`No answer within ${timeoutMillis / 1000} s`);
    this.name = "TimeoutError";
    this.timeoutMillis = timeoutMillis;
  }
}

export interface ServerErrorFields {
  /** The `error.code` of the wire, such as `SQL_EXECUTION_ERROR`. */
  readonly code: string;
  readonly message: string;
  /** HTTP status; 0 where the answer came over a WebSocket. */
  readonly status: number;
  /** Five characters, as in PostgreSQL. */
  readonly sqlstate?: string | undefined;
  /** Where in the text that was sent the trouble stands: UTF-16 units from 0. */
  readonly position?: number | undefined;
  /** What would be right. */
  readonly hint?: string | undefined;
  /** The statement's text, for administrators. */
  readonly details?: string | undefined;
  readonly requestId?: string | undefined;
}

/**
 * The server refused, or a statement failed.
 *
 * @example
 * try {
 *   await client.query("SELECT * FROM app.nothing");
 * } catch (error) {
 *   if (error instanceof ServerError && error.sqlstate === "42P01") createTable();
 * }
 */
export class ServerError extends ClientError {
  readonly code: string;
  readonly status: number;
  readonly sqlstate: string | undefined;
  readonly position: number | undefined;
  readonly hint: string | undefined;
  readonly details: string | undefined;
  readonly requestId: string | undefined;

  constructor(fields: ServerErrorFields) {
    super(fields.message);
    this.name = "ServerError";
    this.code = fields.code;
    this.status = fields.status;
    this.sqlstate = fields.sqlstate;
    this.position = fields.position;
    this.hint = fields.hint;
    this.details = fields.details;
    this.requestId = fields.requestId;
  }
}

/** The server does not accept who we are: wrong password, unknown or expired token, locked account. */
export class AuthenticationError extends ServerError {
  constructor(fields: ServerErrorFields) {
    super(fields);
    this.name = "AuthenticationError";
  }
}

/** A subscription was refused, or ended by the server. */
export class SubscriptionError extends ServerError {
  readonly subscriptionId: string;

  constructor(subscriptionId: string, code: string, message: string) {
    super({ code, message, status: 0 });
    this.name = "SubscriptionError";
    this.subscriptionId = subscriptionId;
  }
}
