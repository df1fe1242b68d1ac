import stringWidth from "string-width";

const PLAIN = /^[\x20-\x7e]*$/;
const CONTROL = /(?!\n)\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const NAMES: Readonly<Record<string, string>> = { "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f" };

/**
 * Makes text from the database safe for a terminal: what would move the cursor, change colours or turn the direction of
 * writing around is shown as an escape. Line breaks stay.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll("\r\n", "\n").replace(CONTROL, (char) => {
    const code = char.charCodeAt(0);
    return NAMES[char] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`);
  });
}

/** Columns that a line takes on a terminal. */
export function displayWidth(line: string): number {
  return PLAIN.test(line) ? line.length : stringWidth(line);
}

export function padTo(line: string, width: number, right: boolean): string {
  const gap = " ".repeat(Math.max(0, width - displayWidth(line)));
  return right ? gap + line : line + gap;
}

/** Cuts a line to a width; the cut shows as `...`. */
export function cutTo(line: string, width: number): string {
  if (displayWidth(line) <= width) return line;
  let kept = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    used += displayWidth(segment);
    if (used > width - 3) break;
    kept += segment;
  }
  return `${kept}...`;
}

const PADDING_AND_BORDER = 3;
const FIRST_CAP = 32;
const LEAST = 6;

/** Whether so many columns fit a screen, whatever they hold. */
export function fitsScreen(columns: number, screen: number): boolean {
  return 1 + columns * (LEAST + PADDING_AND_BORDER) <= screen;
}

/**
 * Column widths that fit a screen: columns are first capped, then the widest gives way until all fit or are as narrow as sense
 * allows.
 */
export function fitWidths(widths: readonly number[], screen: number): number[] {
  const room = screen - 1 - widths.length * PADDING_AND_BORDER;
  const sum = (list: readonly number[]) => list.reduce((total, width) => total + width, 0);
  if (sum(widths) <= room) return [...widths];
  const fitted = widths.map((width) => Math.min(width, FIRST_CAP));
  for (let excess = sum(fitted) - room; excess > 0; excess--) {
    const widest = Math.max(...fitted);
    if (widest <= LEAST) break;
    fitted[fitted.indexOf(widest)] = widest - 1;
  }
  // What the cap freed and nobody needs goes back to the columns that were cut.
  for (let spare = room - sum(fitted); spare > 0; spare--) {
    const hungry = fitted.findIndex((width, index) => width < (widths[index] ?? 0));
    if (hungry === -1) break;
    fitted[hungry] = (fitted[hungry] ?? 0) + 1;
  }
  return fitted;
}
