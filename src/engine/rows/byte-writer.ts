const INITIAL_BYTES = 1024;
/** A buffer that one great row made larger than this is given back. */
const KEPT_BYTES = 256 * 1024;
/** Up to here a loop over the characters beats the call into the runtime. */
const SHORT_TEXT = 32;

/** Appends binary values to a buffer that grows and is used again for the next row. Numbers are big-endian. */
export class ByteWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#replace(Buffer.allocUnsafeSlow(INITIAL_BYTES));
  }

  /** A view of what was written, good until the next write. */
  written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
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

  /** 0 to 2³⁵ - 1, seven bits a byte, lowest first. */
  varint(value: number): void {
    this.#ensure(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  int64(value: bigint): void {
    this.#ensure(8);
    this.#view.setBigInt64(this.#length, value);
    this.#length += 8;
  }

  float64(value: number): void {
    this.#ensure(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  /** Twice the length, then the bytes. */
  bytes(value: Uint8Array): void {
    this.varint(value.length * 2);
    this.#ensure(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** Twice the length in bytes, one more when all of them are ASCII (which reads twice as fast), then UTF-8. */
  text(value: string): void {
    this.#ensure(value.length * 3 + 5);
    if (value.length <= SHORT_TEXT && this.#ascii(value)) return;
    // The length goes in front but is known only afterwards: it gets the width that the longest case would need.
    const start = this.#length;
    const width = varintWidth(value.length * 6 + 1);
    const length = this.#buffer.write(value, start + width, "utf8");
    let rest = length * 2 + (length === value.length ? 1 : 0);
    for (let at = 0; at < width - 1; at++) {
      this.#buffer[start + at] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
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
    buffer[this.#length] = value.length * 2 + 1;
    this.#length = start + value.length;
    return true;
  }

  #ensure(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#replace(larger);
  }

  #replace(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer);
  }
}

function varintWidth(value: number): number {
  let width = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) width += 1;
  return width;
}
