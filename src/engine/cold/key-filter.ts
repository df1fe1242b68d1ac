import { crc32 } from "node:zlib";
import { corrupt } from "../rows/byte-reader.ts";

/**
 * One absent key in two thousand passes. With ten bits it would be one in a hundred, and where keys are random and segments are many,
 * nearly every lookup would open a file in vain.
 */
const BITS_PER_KEY = 16;
const PROBES = 11;
const FORMAT = 2;
/** Format, number of probes. */
const HEAD = 2;
const CHECKSUM = 4;
const FIRST_CAPACITY = 1024;

/**
 * Tells of most keys that a segment does not have that it does not have them: a Bloom filter.
 *
 * Keys are latin-1 strings (`rows/key-codec.ts`). The hash is fast and not cryptographic: whoever chooses keys that collide makes
 * only their own lookups slower.
 *
 * ```
 * format 1 byte | probes 1 byte | bits | CRC-32 of all that, 4 bytes
 * ```
 */
export class KeyFilter {
  readonly #bits: Uint8Array;
  readonly #probes: number;

  private constructor(bits: Uint8Array, probes: number) {
    this.#bits = bits;
    this.#probes = probes;
  }

  /** An empty filter with room for so many keys. */
  static of(keyCount: number): KeyFilter {
    return new KeyFilter(new Uint8Array(Math.max(8, Math.ceil((keyCount * BITS_PER_KEY) / 8))), PROBES);
  }

  /** One that says of every key that it may be there. */
  static passing(): KeyFilter {
    return new KeyFilter(Uint8Array.of(0xff), 1);
  }

  /** @throws data_corrupt */
  static decode(bytes: Uint8Array): KeyFilter {
    const [format, probes = 0] = bytes;
    if (format !== FORMAT) throw corrupt(`a key filter has the unknown format ${format}`);
    const end = bytes.length - CHECKSUM;
    if (probes < 1 || probes > 32 || end <= HEAD) throw corrupt("a key filter is incomplete");
    // A filter that says no where it should say yes would let a key be taken twice.
    const checksum = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0);
    if (crc32(bytes.subarray(0, end)) !== checksum) throw corrupt("the checksum of a key filter is wrong");
    // A copy: what the store gives may be a slice of something larger.
    return new KeyFilter(Uint8Array.from(bytes.subarray(HEAD, end)), probes);
  }

  get sizeBytes(): number {
    return this.#bits.length;
  }

  add(key: string): void {
    hash(key);
    this.set(pair[0] ?? 0, pair[1] ?? 0);
  }

  /** False: the key was not added. True: it probably was. */
  mayContain(key: string): boolean {
    hash(key);
    const bits = this.#bits;
    const size = bits.length * 8;
    let at = pair[0] ?? 0;
    const step = (pair[1] ?? 0) | 1;
    for (let probe = 0; probe < this.#probes; probe++) {
      const bit = at % size;
      if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
      at = (at + step) >>> 0;
    }
    return true;
  }

  encode(): Buffer {
    const end = HEAD + this.#bits.length;
    const bytes = Buffer.allocUnsafe(end + CHECKSUM);
    bytes[0] = FORMAT;
    bytes[1] = this.#probes;
    bytes.set(this.#bits, HEAD);
    bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end);
    return bytes;
  }

  /** Adds a key of which only the two halves of its hash are left. */
  set(first: number, second: number): void {
    const bits = this.#bits;
    const size = bits.length * 8;
    let at = first;
    const step = second | 1;
    for (let probe = 0; probe < this.#probes; probe++) {
      const bit = at % size;
      bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
      at = (at + step) >>> 0;
    }
  }
}

/** Gathers keys until it is known how many they are: 8 bytes each, whatever their length. */
export class KeyFilterBuilder {
  #hashes = new Uint32Array(2 * FIRST_CAPACITY);
  #count = 0;

  add(key: string): void {
    if (2 * this.#count === this.#hashes.length) {
      const larger = new Uint32Array(2 * this.#hashes.length);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    hash(key);
    this.#hashes[2 * this.#count] = pair[0] ?? 0;
    this.#hashes[2 * this.#count + 1] = pair[1] ?? 0;
    this.#count++;
  }

  build(): KeyFilter {
    const filter = KeyFilter.of(this.#count);
    for (let at = 0; at < 2 * this.#count; at += 2) filter.set(this.#hashes[at] ?? 0, this.#hashes[at + 1] ?? 0);
    return filter;
  }
}

/** Where `hash` leaves its result: an array for each key would cost more than the hash. */
const pair = new Uint32Array(2);

/** Two hashes of 32 bits in one pass, each mixed into the other at the end. */
function hash(key: string): void {
  let first = 0xdeadbeef;
  let second = 0x41c6ce57;
  for (let at = 0; at < key.length; at++) {
    const byte = key.charCodeAt(at);
    first = Math.imul(first ^ byte, 2654435761);
    second = Math.imul(second ^ byte, 1597334677);
  }
  first = Math.imul(first ^ (first >>> 16), 2246822507) ^ Math.imul(second ^ (second >>> 13), 3266489909);
  second = Math.imul(second ^ (second >>> 16), 2246822507) ^ Math.imul(first ^ (first >>> 13), 3266489909);
  pair[0] = first;
  pair[1] = second;
}
