import { KalamError } from "../../errors/index.ts";
import { type Placeholder, parseSegment, type Segment, segmentsDiffer } from "./template-segment.ts";
import { shardOf, userFolder } from "./user-folder.ts";

export type TemplateKind = "user" | "shared";

/** Whose folder is asked for. */
export interface TablePlace {
  readonly namespace: string;
  /** The name of the table's folder, which no other table of the namespace has. */
  readonly tableName: string;
}

export interface PartitionPlace extends TablePlace {
  /** Empty for a shared table. */
  readonly userId: string;
}

const ORDER: Readonly<Record<TemplateKind, readonly Placeholder[]>> = {
  shared: ["namespace", "tableName"],
  user: ["namespace", "tableName", "shard", "userId"],
};
const OPTIONAL = new Set<Placeholder>(["shard"]);
const MAX_LENGTH = 256;

/**
 * Where in a storage the files of a partition are: `{namespace}/{tableName}/{userId}`.
 *
 * There is at most one placeholder between two `/`, so different places have different folders.
 */
export class PathTemplate {
  /** As written, without a slash at the end. */
  readonly text: string;
  readonly kind: TemplateKind;
  readonly #segments: readonly Segment[];
  /** How many segments it takes to tell tables apart. */
  readonly #headLength: number;

  constructor(text: string, kind: TemplateKind, segments: readonly Segment[]) {
    this.text = text;
    this.kind = kind;
    this.#segments = segments;
    this.#headLength = segments.findIndex((segment) => segment.placeholder === "tableName") + 1;
  }

  /** The folder of a partition, relative to the base of the storage. */
  folder(place: PartitionPlace): string {
    return fill(this.#segments, place);
  }

  /** The folder that holds everything of a table, and of no other. */
  tableFolder(place: TablePlace): string {
    return fill(this.#segments.slice(0, this.#headLength), { ...place, userId: "" });
  }

  /**
   * Whether two templates can be used side by side, or one after the other, in the same storage: no folder that one makes is, or
   * lies in, a folder that the other makes for somebody else.
   */
  isCompatibleWith(other: PathTemplate): boolean {
    if (this.text.toLowerCase() === other.text.toLowerCase()) return true;
    const shorter = Math.min(this.#segments.length, other.#segments.length);
    for (let at = 0; at < shorter; at++) {
      if (segmentsDiffer(this.#segments[at] as Segment, other.#segments[at] as Segment)) return true;
    }
    // A table is shared or has users, never both, and each table has a folder of its own.
    return this.kind !== other.kind && this.#head() === other.#head();
  }

  #head(): string {
    return this.text.split("/").slice(0, this.#headLength).join("/").toLowerCase();
  }
}

/**
 * @throws KalamError `invalid_option` says what is wrong with the template
 * @example
 * compileTemplate("{namespace}/{tableName}/{userId}", "user").folder({ namespace: "app", tableName: "messages", userId: "bob" })
 */
export function compileTemplate(written: string, kind: TemplateKind): PathTemplate {
  const text = written.endsWith("/") ? written.slice(0, -1) : written;
  const invalid = (reason: string): KalamError =>
    new KalamError("invalid_option", {
      reason: `Invalid ${kind} tables template '${written.slice(0, 300)}': ${reason}`,
    });
  if (text.length > MAX_LENGTH) throw invalid(`it is longer than ${MAX_LENGTH} characters`);
  const segments = text.split("/").map((part) => {
    const segment = parseSegment(part);
    if (typeof segment === "string") throw invalid(segment);
    return segment;
  });
  const found = segments.flatMap(({ placeholder }) => (placeholder === undefined ? [] : [placeholder]));
  const allowed = ORDER[kind];
  for (const placeholder of allowed) {
    if (!OPTIONAL.has(placeholder) && !found.includes(placeholder)) throw invalid(`it needs {${placeholder}}`);
  }
  const places = found.map((placeholder) => allowed.indexOf(placeholder));
  if (places.some((place, index) => place < 0 || place <= (places[index - 1] ?? -1))) {
    const order = allowed.map((name) => (OPTIONAL.has(name) ? `[{${name}}]` : `{${name}}`)).join(", ");
    throw invalid(`its placeholders are ${order}, each once and in this order`);
  }
  return new PathTemplate(text, kind, segments);
}

function fill(segments: readonly Segment[], place: PartitionPlace): string {
  return segments
    .map(({ before, placeholder, after }) => {
      if (placeholder === undefined) return before;
      return before + valueOf(placeholder, place) + after;
    })
    .join("/");
}

function valueOf(placeholder: Placeholder, place: PartitionPlace): string {
  switch (placeholder) {
    case "namespace":
      return place.namespace;
    case "tableName":
      return place.tableName;
    case "userId":
      return userFolder(place.userId);
    case "shard":
      return shardOf(place.userId);
  }
}
