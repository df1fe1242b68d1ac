/** What stands between two `/` of a template: literal text around at most one placeholder. */
export interface Segment {
  readonly before: string;
  readonly placeholder: Placeholder | undefined;
  readonly after: string;
}

export type Placeholder = "namespace" | "tableName" | "userId" | "shard";

/** What can stand for a placeholder, in small letters. */
const VALUES: Readonly<Record<Placeholder, RegExp>> = {
  namespace: /^[a-z][a-z0-9_]*$/,
  tableName: /^[a-z][a-z0-9_]*(~\d+)?$/,
  userId: /^[a-z0-9_@=+%-][a-z0-9_.@=+%-]*(~[0-9a-f]{64})?$/,
  shard: /^[0-9a-f]{2}$/,
};
const LITERAL = /^[A-Za-z0-9._~@=-]*$/;
const MAX_LITERAL = 64;

/** @returns the segment, or what is wrong with it */
export function parseSegment(text: string): Segment | string {
  const match = /^([^{}]*)(?:\{(\w+)\}([^{}]*))?$/.exec(text);
  if (match === null) return "there may be only one {placeholder} between two '/'";
  const [, before = "", placeholder, after = ""] = match;
  if (placeholder !== undefined && !isPlaceholder(placeholder)) return `there is no placeholder {${placeholder}}`;
  if (text === "") return "it must be relative, with something between two '/'";
  if (text === "." || text === "..") return "it must not lead elsewhere";
  if (!LITERAL.test(before) || !LITERAL.test(after)) {
    return "besides placeholders it may have letters, digits and . _ ~ @ = -";
  }
  if (before.length + after.length > MAX_LITERAL)
    return `there are more than ${MAX_LITERAL} characters between two '/'`;
  return { before, placeholder, after };
}

function isPlaceholder(name: string): name is Placeholder {
  return name in VALUES;
}

/** Whether two segments can never be the same name, also where large and small letters are one. */
export function segmentsDiffer(a: Segment, b: Segment): boolean {
  if (a.placeholder === undefined && b.placeholder === undefined)
    return a.before.toLowerCase() !== b.before.toLowerCase();
  if (a.placeholder === undefined) return !canBe(b, a.before);
  if (b.placeholder === undefined) return !canBe(a, b.before);
  const [beforeA, beforeB] = [a.before.toLowerCase(), b.before.toLowerCase()];
  return !beforeA.startsWith(beforeB) && !beforeB.startsWith(beforeA);
}

function canBe({ before, placeholder, after }: Segment, name: string): boolean {
  const folded = name.toLowerCase();
  if (placeholder === undefined || folded.length < before.length + after.length) return false;
  if (!folded.startsWith(before.toLowerCase()) || !folded.endsWith(after.toLowerCase())) return false;
  return VALUES[placeholder].test(folded.slice(before.length, folded.length - after.length));
}
