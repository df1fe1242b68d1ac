import { AuthenticationError, ClientError, ServerError, type ServerErrorFields } from "./errors.ts";
import { isRecord, parseResponse } from "./json.ts";

const AUTHENTICATION_STATUS = 401;
const SETUP_REQUIRED_STATUS = 428;

/** The error that an answer stands for, whatever part of the server wrote it. */
export function toServerError(status: number, body: unknown, requestId: string): ServerError {
  const fields = readFields(status, body, requestId);
  return status === AUTHENTICATION_STATUS || status === SETUP_REQUIRED_STATUS
    ? new AuthenticationError(fields)
    : new ServerError(fields);
}

/** As `toServerError`, from the body's text, which need not be JSON. */
export function toServerErrorFromText(status: number, text: string, requestId: string): ServerError {
  try {
    return toServerError(status, parseResponse(text), requestId);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return toServerError(status, text.trim(), requestId);
  }
}

function readFields(status: number, body: unknown, requestId: string): ServerErrorFields {
  if (isRecord(body)) {
    // SQL answers carry an object, the other routes a slug and a message beside it.
    const error = body.error;
    const source = isRecord(error) ? error : body;
    const code = isRecord(error) ? text(error.code) : (text(body.code) ?? text(error));
    return {
      code: code ?? `HTTP_${status}`,
      message: text(source.message) ?? code ?? `The server answered with status ${status}`,
      status,
      sqlstate: text(source.sqlstate),
      position: offsetOf(source.position),
      hint: text(source.hint),
      details: text(source.details),
      requestId,
    };
  }
  const message =
    typeof body === "string" && body !== "" ? body.slice(0, 500) : `The server answered with status ${status}`;
  return { code: `HTTP_${status}`, message, status, requestId };
}

/** The wire gives a place as offset, line and column; the offset says it all. */
function offsetOf(position: unknown): number | undefined {
  const offset = isRecord(position) ? position.offset : position;
  return typeof offset === "number" ? offset : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What came with status 200 is no answer of a KalamDB server, or was cut off. */
export function unreadable(url: string, cause: unknown): ClientError {
  return new ClientError(`${url} did not answer as a KalamDB server does, or its answer was cut off`, cause);
}
