const INITIAL_BYTES = 1024;
/** A buffer that one great row made larger than this is given back. */
const KEPT_BYTES = 256 * 1024;
/** Up to here a loop over the characters beats the call into the runtime. */
const SHORT_TEXT = 32;

/** Appends binary values to a buffer that grows and is used again for the next row. */
export class ByteWriter {
  #buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  reset(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  }

  /** A view of what was written, good until the next write. */
  written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** What was written, in memory of its own. */
  copy(): Buffer {
    return Buffer.from(this.written());
  }

  byte(value: number): void {
    this.#ensure(1);
    this.#buffer[this.#length++] = value;
  }

  /** Room for `count` zero bytes; the offset where they begin. */
  reserve(count: number): number {
    this.#ensure(count);
    const offset = this.#length;
    for (let at = 0; at < count; at++) this.#buffer[offset + at] = 0;
    this.#length += count;
    return offset;
  }

  orByte(offset: number, bits: number): void {
    this.#buffer[offset] = (this.#buffer[offset] ?? 0) | bits;
  }

  /** 0 to 2³² - 1, seven bits a byte, lowest first. */
  varint(value: number): void {
    this.#ensure(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  uint32(value: number): void {
    this.#ensure(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
  }

  int64(value: bigint): void {
    this.#ensure(8);
    this.#length = this.#buffer.writeBigInt64BE(value, this.#length);
  }

  float64(value: number): void {
    this.#ensure(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#ensure(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** The length in bytes, then UTF-8. */
  text(value: string): void {
    this.#ensure(value.length * 3 + 5);
    if (value.length <= SHORT_TEXT && this.#ascii(value)) return;
    // The length goes in front but is known only afterwards: it gets the width that the longest case would need.
    const start = this.#length;
    const width = varintWidth(value.length * 3);
    const length = this.#buffer.write(value, start + width, "utf8");
    let rest = length;
    for (let at = 0; at < width - 1; at++) {
      this.#buffer[start + at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[start + width - 1] = rest;
    this.#length = start + width + length;
  }

  #ascii(value: string): boolean {
    const buffer = this.#buffer;
    const start = this.#length + 1;
    for (let at = 0; at < value.length; at++) {
      const unit = value.charCodeAt(at);
      if (unit > 0x7f) return false;
      buffer[start + at] = unit;
    }
    buffer[this.#length] = value.length;
    this.#length = start + value.length;
    return true;
  }

  #ensure(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function varintWidth(value: number): number {
  let width = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) width += 1;
  return width;
}
