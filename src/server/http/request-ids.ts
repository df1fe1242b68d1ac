import type { IncomingMessage } from "node:http";
import type { Random } from "../../runtime/random.ts";

/** Gives every request an id: the client's own `X-Request-ID` where it is fit to be repeated, or one made here. */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: Random) {
    this.#prefix = Buffer.from(random.bytes(6)).toString("base64url");
  }

  of(request: IncomingMessage): string {
    const given = request.headers["x-request-id"];
    if (typeof given === "string" && /^[\x21-\x7e]{1,128}$/.test(given)) return given;
    return `${this.#prefix}-${(++this.#count).toString(36)}`;
  }
}
