import { KalamError } from "../../../errors/index.ts";

/**
 * A LIKE pattern, split at its `%` into pieces.
 *
 * The first piece stands at the beginning, the last at the end, and each of the others is taken where it first fits behind
 * the one before: nothing is ever tried twice, so the time is at most the text's length times the longest piece.
 */
export class LikePattern {
  /** Code points of each piece; -1 is `_`. */
  readonly #pieces: readonly (readonly number[])[];
  /** Set when the whole pattern is `text`, `text%`, `%text` or `%text%` without `_`. */
  readonly #plain: ((text: string) => boolean) | undefined;

  /**
   * @param mark the escape character; empty for none.
   * @param fold maps the characters of the pattern, for ILIKE; the caller maps the texts.
   */
  constructor(pattern: string, mark = "\\", fold: (character: string) => string = (character) => character) {
    this.#pieces = split(pattern, mark, fold);
    this.#plain = plainTest(this.#pieces);
  }

  matches(text: string): boolean {
    if (this.#plain !== undefined) return this.#plain(text);
    const pieces = this.#pieces;
    const first = pieces[0] ?? [];
    const points = codePoints(text);
    if (!fitsAt(points, first, 0)) return false;
    if (pieces.length === 1) return points.length === first.length;
    const last = pieces.at(-1) ?? [];
    const end = points.length - last.length;
    let at = first.length;
    if (end < at || !fitsAt(points, last, end)) return false;
    for (let i = 1; i < pieces.length - 1; i++) {
      const piece = pieces[i] ?? [];
      while (at + piece.length <= end && !fitsAt(points, piece, at)) at++;
      if (at + piece.length > end) return false;
      at += piece.length;
    }
    return true;
  }
}

const ANY = -1;

function codePoints(text: string): number[] {
  const points: number[] = [];
  for (const character of text) points.push(character.codePointAt(0) as number);
  return points;
}

function split(pattern: string, mark: string, fold: (character: string) => string): number[][] {
  const pieces: number[][] = [[]];
  let escaped = false;
  for (const character of pattern) {
    const piece = pieces.at(-1) as number[];
    if (!escaped && character === mark) {
      escaped = true;
      continue;
    }
    if (!escaped && character === "%") pieces.push([]);
    else piece.push(!escaped && character === "_" ? ANY : (fold(character).codePointAt(0) as number));
    escaped = false;
  }
  if (escaped) throw new KalamError("invalid_escape", { message: "LIKE pattern must not end with escape character" });
  return pieces;
}

function plainTest(pieces: readonly (readonly number[])[]): ((text: string) => boolean) | undefined {
  if (pieces.length > 3 || pieces.some((piece) => piece.includes(ANY))) return undefined;
  const [first = "", second = "", third = ""] = pieces.map((piece) =>
    piece.map((point) => String.fromCodePoint(point)).join(""),
  );
  if (pieces.length === 1) return (text) => text === first;
  if (pieces.length === 2) {
    return (text) => text.length >= first.length + second.length && text.startsWith(first) && text.endsWith(second);
  }
  return first === "" && third === "" ? (text) => text.includes(second) : undefined;
}

function fitsAt(points: readonly number[], piece: readonly number[], at: number): boolean {
  if (at + piece.length > points.length) return false;
  for (let i = 0; i < piece.length; i++) {
    const wanted = piece[i];
    if (wanted !== ANY && wanted !== points[at + i]) return false;
  }
  return true;
}
