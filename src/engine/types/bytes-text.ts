const BACKSLASH = 92;

/** `\x0aff` (blanks between pairs allowed) or PostgreSQL's older escape form `a\\b\001`. Undefined when it is neither. */
export function parseBytes(text: string): Uint8Array | undefined {
  if (text.startsWith("\\x")) return parseHex(text.slice(2));
  const utf8 = Buffer.from(text, "utf8");
  if (!text.includes("\\")) return bytesOf(utf8, utf8.length);
  let length = 0;
  for (let at = 0; at < utf8.length; at++) {
    const byte = utf8[at] ?? 0;
    if (byte !== BACKSLASH) utf8[length++] = byte;
    else if (utf8[at + 1] === BACKSLASH) {
      utf8[length++] = BACKSLASH;
      at += 1;
    } else {
      const octal = utf8.toString("latin1", at + 1, at + 4);
      if (!/^[0-3][0-7]{2}$/.test(octal)) return undefined;
      utf8[length++] = Number.parseInt(octal, 8);
      at += 3;
    }
  }
  return bytesOf(utf8, length);
}

/** `\x0aff`. */
export function formatBytes(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

function parseHex(text: string): Uint8Array | undefined {
  const digits = /\s/.test(text) ? text.replace(/([0-9a-f]{2})\s+/gi, "$1").trim() : text;
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  const bytes = Buffer.from(digits, "hex");
  return bytesOf(bytes, bytes.length);
}

/** A plain array of its own, so that a value does not keep a pool of Buffers alive. */
function bytesOf(buffer: Buffer, length: number): Uint8Array {
  return Uint8Array.prototype.slice.call(buffer, 0, length);
}
