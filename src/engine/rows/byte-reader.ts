import { KalamError } from "../../errors/index.ts";

const MAX_VARINT_BYTES = 5;

/** One place of 8 bytes, seen as words, as a 64-bit integer and as a double: `Buffer`'s own 64-bit reads are many times slower. */
const words = new Uint32Array(2);
const integer = new BigInt64Array(words.buffer);
const double = new Float64Array(words.buffer);
const [LOW, HIGH] = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0];

/** Takes binary values off a buffer, never past the end of its part. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  /** Passes over `count` bytes; the offset where they begin. */
  skip(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) throw corrupt("a row ends in the middle of a value");
    this.#at = start + count;
    return start;
  }

  byte(): number {
    return this.#bytes[this.skip(1)] ?? 0;
  }

  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let factor = 128;
    for (let count = 1; count < MAX_VARINT_BYTES; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw corrupt("a number in a row does not end");
  }

  uint32(): number {
    return this.#word(this.skip(4));
  }

  int64(): bigint {
    this.#load(this.skip(8));
    return integer[0] ?? 0n;
  }

  float64(): number {
    this.#load(this.skip(8));
    return double[0] ?? 0;
  }

  /** The length that stands before bytes or a text. */
  length(): number {
    return Math.floor(this.varint() / 2);
  }

  /** Copies so many bytes to another place. */
  copy(length: number, into: Buffer, at: number): void {
    const start = this.skip(length);
    const bytes = this.#bytes;
    // A native call costs more than copying a few bytes.
    if (length > 24) bytes.copy(into, at, start, start + length);
    else for (let byte = 0; byte < length; byte++) into[at + byte] = bytes[start + byte] ?? 0;
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const length = Math.floor(this.varint() / 2);
    const start = this.skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(): string {
    const head = this.varint();
    const length = Math.floor(head / 2);
    const start = this.skip(length);
    return this.#bytes.toString(head % 2 === 1 ? "latin1" : "utf8", start, start + length);
  }

  #load(at: number): void {
    words[HIGH] = this.#word(at);
    words[LOW] = this.#word(at + 4);
  }

  #word(at: number): number {
    const bytes = this.#bytes;
    return (
      (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>>
      0
    );
  }
}

export function corrupt(reason: string): KalamError {
  return new KalamError("data_corrupt", { path: "(hot store)", reason });
}
