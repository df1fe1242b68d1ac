const LAST = 0x10ffff;
const SURROGATES = [0xd800, 0xdfff] as const;

/**
 * The least text, by the bytes of its UTF-8, that is not before `raw` (or is behind it when `strict`); undefined when there is none.
 * The bytes need not be UTF-8: the successor of a beginning such as "ÿ" is not. A text never holds U+0000.
 *
 * @param raw bytes as a latin-1 string
 */
export function leastText({ raw, strict }: { readonly raw: string; readonly strict: boolean }): string | undefined {
  const bytes = Buffer.from(raw, "latin1");
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length === 0) return firstBehind(text, raw.slice(at));
    const character = bytes.toString("utf8", at, at + length);
    // No text has this character, so those behind it are those that go on at all.
    if (character === "\0") return `${text}\u0001`;
    text += character;
    at += length;
  }
  return strict ? `${text}\u0001` : text;
}

/** Bytes of the well-formed character at `at`; 0 when there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const character = bytes.subarray(at, at + length);
  return Buffer.from(character.toString("utf8"), "utf8").equals(character) ? length : 0;
}

/** The least text that begins with `text`, then a character not before `tail`; or else the least behind all that begin so. */
function firstBehind(text: string, tail: string): string | undefined {
  const [found] = search((point) => encoded(point) >= tail);
  if (found !== undefined) return text + String.fromCodePoint(found);
  const points = [...text].map((character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const next = last + 1 === SURROGATES[0] ? SURROGATES[1] + 1 : last + 1;
    if (next <= LAST) return String.fromCodePoint(...points, next);
  }
  return undefined;
}

/** The least code point that meets a condition which holds from some point on. */
function search(holds: (point: number) => boolean): [number] | [] {
  let low = 1;
  let high = LAST + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  if (low > LAST) return [];
  return [low >= SURROGATES[0] && low <= SURROGATES[1] ? SURROGATES[1] + 1 : low];
}

/** UTF-8 as latin-1, also of surrogates, whose place in the order is theirs by number. */
function encoded(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  const tail = (shift: number): string => String.fromCharCode(0x80 | ((point >> shift) & 0x3f));
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6)) + tail(0);
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12)) + tail(6) + tail(0);
  return String.fromCharCode(0xf0 | (point >> 18)) + tail(12) + tail(6) + tail(0);
}
