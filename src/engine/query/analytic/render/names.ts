/**
 * Names that DuckDB sees. No identifier of a user ever reaches DuckDB: every table, column, window and CTE of a statement gets a
 * name of ours, so quoting, case, Unicode and shadowing of DuckDB's own objects cannot matter. What a name stands for is kept to
 * put it back into messages and plans.
 */
export class Names {
  readonly #shown: string[] = [];

  /** A new quoted name that stands for `shown`. */
  make(shown: string): string {
    this.#shown.push(shown);
    return `"k_${this.#shown.length - 1}"`;
  }

  /** DuckDB's text with our names replaced by the user's. */
  reveal(text: string): string {
    return text.replace(/"?\bk_(\d+)\b"?/g, (whole, index: string) => this.#shown[Number(index)] ?? whole);
  }
}
