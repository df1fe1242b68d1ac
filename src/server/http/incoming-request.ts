import { IncomingMessage } from "node:http";
import { LIVE_PATH } from "../../protocol/live.ts";

/**
 * A request that is an upgrade only where there is something to upgrade to.
 *
 * As soon as a server listens for upgrades, Node hands it every request with an `Upgrade` header, without its body. Some HTTP
 * clients offer HTTP/2 with that header on every request; theirs must be answered like any other.
 */
export class IncomingRequest extends IncomingMessage {
  /** What the parser saw. Node's constructor sets it, before fields of this class could be initialised. */
  declare private seen: boolean | null;

  /** Set by Node's parser, and asked by it once the headers are there. */
  get upgrade(): boolean | null {
    return this.seen === true ? isLiveUpgrade(this) : this.seen;
  }

  set upgrade(upgrade: boolean | null) {
    this.seen = upgrade;
  }
}

function isLiveUpgrade({ url, method, headers }: IncomingMessage): boolean {
  if (method === "CONNECT") return true;
  return pathOf(url) === LIVE_PATH && headers.upgrade?.toLowerCase() === "websocket";
}

/** The path of a request's URL, without its query. */
export function pathOf(url = ""): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
