/**
 * Simple case mapping: one character stays one character, as PostgreSQL and DuckDB do. JavaScript's own methods use the full
 * mapping (`ß` becomes `SS`, a final `Σ` becomes `ς`). `ß` has the capital `ẞ`, as DuckDB has it.
 */
export function lowerCase(text: string): string {
  return isAscii(text) ? text.toLowerCase() : mapEach(text, lowerOne);
}

export function upperCase(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapEach(text, upperOne);
}

export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** Number of code points. */
export function characterCount(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) pairs++;
  }
  return text.length - pairs;
}

function mapEach(text: string, map: (character: string) => string): string {
  let out = "";
  for (const character of text) out += map(character);
  return out;
}

function lowerOne(character: string): string {
  if (character === "\u0130") return "i";
  const lower = character.toLowerCase();
  return lower.length === character.length ? lower : character;
}

function upperOne(character: string): string {
  if (character === "ß") return "ẞ";
  const upper = character.toUpperCase();
  if (upper.length === character.length) return upper;
  const point = character.codePointAt(0) as number;
  // Greek letters with iota below: their simple capital stands 8 or 9 places on.
  if (point >= 0x1f80 && point <= 0x1faf) return String.fromCodePoint(point | 8);
  if (point === 0x1fb3 || point === 0x1fc3 || point === 0x1ff3) return String.fromCodePoint(point + 9);
  return character;
}
