import type { Random } from "../../src/runtime/random.ts";
import { CODE_BLOCKS, EMOJI, SHORT_MESSAGES, WORDS } from "./vocabulary.ts";

const MAX_CHARACTERS = 6000;

export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[random.below(from.length)];
  if (chosen === undefined) throw new RangeError("cannot pick from an empty list");
  return chosen;
}

/** True in `percent` of the calls. */
export function chance(random: Random, percent: number): boolean {
  return random.below(1000) < percent * 10;
}

/** A log-normal number: half of them lie under `median`; `sigma` is the spread of its natural logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  const steps = 2 ** 30;
  const radius = Math.sqrt(-2 * Math.log((random.below(steps) + 1) / steps));
  const gauss = radius * Math.cos(2 * Math.PI * (random.below(steps) / steps));
  return median * Math.exp(sigma * gauss);
}

function sentences(random: Random, characters: number): string {
  let text = "";
  let wordsLeft = 0;
  while (text.length < characters) {
    let word = pick(random, WORDS);
    if (wordsLeft === 0) {
      wordsLeft = 4 + random.below(12);
      word = word.charAt(0).toUpperCase() + word.slice(1);
    }
    wordsLeft--;
    text +=
      word + (wordsLeft > 0 ? (chance(random, 6) ? ", " : " ") : pick(random, [". ", ". ", "? ", "! ", "; it's "]));
  }
  return text.trimEnd();
}

/** What a person writes: mostly a line, sometimes one word, now and then another script or an emoji. */
export function personText(random: Random): string {
  if (chance(random, 12)) return pick(random, SHORT_MESSAGES);
  const text = sentences(random, Math.min(MAX_CHARACTERS, logNormal(random, 50, 0.85)));
  return chance(random, 7) ? `${text} ${pick(random, EMOJI)}` : text;
}

/** What an assistant writes: paragraphs, some of them code, lists or tables. */
export function assistantText(random: Random): string {
  const length = Math.min(MAX_CHARACTERS, logNormal(random, 420, 0.8));
  const paragraphs: string[] = [];
  for (let written = 0; written < length; ) {
    const paragraph = chance(random, 15)
      ? pick(random, CODE_BLOCKS)
      : sentences(random, Math.min(length - written, 320));
    paragraphs.push(paragraph);
    written += paragraph.length;
  }
  return paragraphs.join("\n\n");
}
