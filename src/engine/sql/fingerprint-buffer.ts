import { WORD_FOLD } from "./characters.ts";

/** Statements with longer fingerprints are parsed every time. */
const MAXIMUM_LENGTH = 16_384;

/** Faster than `toString("latin1")` for short texts; Node's types do not list it. */
interface Latin1Buffer extends Buffer {
  latin1Slice(start: number, end: number): string;
}

/** Collects the characters of a fingerprint as bytes; one that grows too long is given up. */
export class FingerprintBuffer {
  readonly #bytes = Buffer.allocUnsafeSlow(MAXIMUM_LENGTH) as Latin1Buffer;
  length = 0;

  reset(): void {
    this.length = 0;
  }

  /** A character below 128; the count goes on beyond the end so that `take` knows. */
  push(byte: number): void {
    this.#bytes[this.length++] = byte;
  }

  /** Any character: 0 leads two bytes, and never stands alone. Characters below 32 are marks unless they come this way. */
  pushWide(code: number): void {
    this.push(0);
    this.push(code >> 8);
    this.push(code & 255);
  }

  pushText(text: string, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code >= 32 && code < 128) this.push(code);
      else this.pushWide(code);
    }
  }

  /** Takes the word that begins at `from`, letters folded; gives the offset behind it. */
  pushWord(text: string, from: number): number {
    const bytes = this.#bytes;
    const fold = WORD_FOLD;
    const end = text.length;
    let { length } = this;
    let at = from;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code < 128) {
        const folded = fold[code] as number;
        if (folded === 0) break;
        bytes[length++] = folded;
      } else {
        bytes[length++] = 0;
        bytes[length++] = code >> 8;
        bytes[length++] = code & 255;
      }
    }
    this.length = length;
    return at;
  }

  endsWith(word: string): boolean {
    const start = this.length - word.length;
    for (let at = 0; at < word.length; at++) if (this.#bytes[start + at] !== word.charCodeAt(at)) return false;
    return true;
  }

  /** The letters before `end`. */
  lastWord(end = this.length): string {
    if (this.length > MAXIMUM_LENGTH || end <= 0) return "";
    let start = end;
    for (; start > 0; start--) {
      const byte = this.#bytes[start - 1] ?? 0;
      if (byte < 97 || byte > 122) break;
    }
    return this.#bytes.latin1Slice(start, end);
  }

  take(): string | undefined {
    return this.length > MAXIMUM_LENGTH ? undefined : this.#bytes.latin1Slice(0, this.length);
  }
}
