import { KalamError } from "../../errors/index.ts";

const MAX_VARINT_BYTES = 5;

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

  varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < MAX_VARINT_BYTES; count++) {
      const byte = this.#bytes[this.skip(1)] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw corrupt("a number in a row does not end");
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.skip(8));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.skip(8));
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const length = this.varint();
    const start = this.skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(): string {
    const length = this.varint();
    const start = this.skip(length);
    return this.#bytes.toString("utf8", start, start + length);
  }
}

export function corrupt(reason: string): KalamError {
  return new KalamError("data_corrupt", { path: "(hot store)", reason });
}
