import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { KalamError } from "../../errors/index.ts";

/** Whether an address or host name means this machine. */
export function isLoopback(host: string): boolean {
  const address = normalise(host);
  return address === "::1" || address === "localhost" || (address.startsWith("127.") && isIP(address) === 4);
}

/** Whether a proxy says for whom it sends the request. */
export function isForwarded(request: IncomingMessage): boolean {
  return request.headers["x-forwarded-for"] !== undefined || request.headers["x-real-ip"] !== undefined;
}

/** Without the brackets of a URL, and an IPv4 address without its IPv6 clothes. */
function normalise(address: string): string {
  const bare = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  return bare.startsWith("::ffff:") && isIP(bare.slice(7)) === 4 ? bare.slice(7) : bare;
}

/**
 * Finds out who called: the peer, or whom a trusted proxy names. A proxy is trusted when it runs on this machine or is listed;
 * it cannot claim that its client is this machine.
 */
export class ClientAddresses {
  readonly #trusted = new BlockList();

  /** @param ranges addresses or CIDR ranges. @throws KalamError `config_invalid` */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) this.#trust(range);
  }

  of(request: IncomingMessage): string {
    const peer = normalise(request.socket.remoteAddress ?? "");
    if (!isForwarded(request) || !this.trusts(peer)) return peer;
    const { headers } = request;
    return (
      this.#named(String(headers["x-forwarded-for"] ?? "").split(",")[0]) ??
      this.#named(String(headers["x-real-ip"] ?? "")) ??
      peer
    );
  }

  /** Whether the client came by https: the server itself speaks no TLS, so that is what a trusted proxy says. */
  isSecure(request: IncomingMessage): boolean {
    if (!this.trusts(request.socket.remoteAddress ?? "")) return false;
    const protocol = String(request.headers["x-forwarded-proto"] ?? "").split(",")[0];
    return protocol?.trim().toLowerCase() === "https";
  }

  /** Whether the peer is a proxy that may speak for others. */
  trusts(peer: string): boolean {
    const address = normalise(peer);
    const family = isIP(address);
    return isLoopback(address) || (family !== 0 && this.#trusted.check(address, family === 4 ? "ipv4" : "ipv6"));
  }

  #named(value: string | undefined): string | undefined {
    const address = normalise((value ?? "").trim());
    return isIP(address) === 0 || isLoopback(address) ? undefined : address;
  }

  #trust(range: string): void {
    const [address = "", bits] = range.split("/");
    const family = isIP(address);
    const prefix = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
    const valid = family !== 0 && Number.isInteger(prefix) && prefix >= 0 && prefix <= (family === 4 ? 32 : 128);
    if (!valid) {
      const reason = `security.trusted_proxy_ranges: "${range}" is neither an address nor a CIDR range`;
      throw new KalamError("config_invalid", { reason });
    }
    this.#trusted.addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
  }
}
