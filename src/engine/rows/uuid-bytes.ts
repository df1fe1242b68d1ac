const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** Where the two digits of each byte begin in `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;

export const UUID_BYTES = PLACES.length;

/** The 16 bytes of a uuid in its canonical text form, one after the other. */
export function uuidToBytes(text: string, put: (byte: number) => void): void {
  for (const place of PLACES) put((nibble(text.charCodeAt(place)) << 4) | nibble(text.charCodeAt(place + 1)));
}

/** The canonical text form of 16 bytes. */
export function uuidFromBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < UUID_BYTES; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += "-";
    text += HEX[bytes[at] ?? 0];
  }
  return text;
}

/** Of a digit or a letter in lower case. */
function nibble(unit: number): number {
  return unit < 58 ? unit - 48 : unit - 87;
}
