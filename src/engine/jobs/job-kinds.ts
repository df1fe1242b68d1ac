import type { RegisteredKind } from "./job-kind.ts";

/** The kinds of jobs by their types. */
export class JobKinds {
  readonly #kinds = new Map<string, RegisteredKind>();

  constructor(kinds: readonly RegisteredKind[]) {
    for (const kind of kinds) {
      const taken =
        this.#kinds.has(kind.type) || [...this.#kinds.values()].some(({ prefix }) => prefix === kind.prefix);
      if (taken) throw new Error(`two kinds of jobs are called ${kind.type} or ${kind.prefix}`);
      this.#kinds.set(kind.type, kind);
    }
  }

  find(type: string): RegisteredKind | undefined {
    return this.#kinds.get(type);
  }

  get(type: string): RegisteredKind {
    const kind = this.#kinds.get(type);
    if (kind === undefined) throw new Error(`there is no kind of job called ${type}`);
    return kind;
  }
}
