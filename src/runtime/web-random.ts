import type { Random } from "./random.ts";

/** The system's randomness through the Web Crypto interface: for code that also runs in browsers. */
export const webRandom: Random = {
  bytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
  below: (bound) => (globalThis.crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % bound,
};
