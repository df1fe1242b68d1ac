import { createRequire } from "node:module";
import { KalamError } from "../../errors/index.ts";

/** What Emscripten exports of libpg_query. */
interface GrammarModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(query: number): number;
  _wasm_free_parse_result(result: number): void;
  getValue(pointer: number, type: "i32"): number;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, bytes: number): void;
  UTF8ToString(pointer: number): string;
}

type GrammarFactory = () => Promise<GrammarModule>;

/** PostgreSQL's own complaint about a text. */
export class GrammarError extends Error {
  /** In code points from the beginning of the text. */
  readonly codePoints: number;
  constructor(message: string, codePoints: number) {
    super(message);
    this.name = "GrammarError";
    this.codePoints = codePoints;
  }
}

/**
 * PostgreSQL's grammar in WebAssembly, one instance for the process.
 *
 * An instance is replaced by a fresh one in two cases: its memory has grown (it never shrinks, and one huge statement would
 * keep it for good), or a parse ran out of stack (the C stack inside is then not unwound). The old instance goes on serving
 * until the new one is there, a few milliseconds later; what it has lost by then is a little of its own memory.
 */
class Grammar {
  readonly #create: GrammarFactory;
  #module: GrammarModule;
  readonly #initialBytes: number;
  #replacing: Promise<void> | undefined;

  private constructor(create: GrammarFactory, module: GrammarModule) {
    this.#create = create;
    this.#module = module;
    this.#initialBytes = module.HEAPU8.length;
  }

  static async load(): Promise<Grammar> {
    const require = createRequire(import.meta.url);
    const create = require("libpg-query/wasm/libpg-query.js") as GrammarFactory;
    return new Grammar(create, await create());
  }

  /** The tree as libpg_query writes it. @throws GrammarError */
  parse(text: string): unknown {
    const module = this.#module;
    let json: string;
    try {
      json = run(module, text);
    } catch (error) {
      if (error instanceof GrammarError) throw error;
      this.#replace();
      throw new KalamError("statement_too_complex", {}, { cause: error });
    }
    if (module.HEAPU8.length > this.#initialBytes) this.#replace();
    return JSON.parse(json);
  }

  #replace(): void {
    this.#replacing ??= this.#create()
      .then(
        (module) => {
          this.#module = module;
        },
        // The old instance still answers; the next parse that finds it spoilt tries again.
        () => undefined,
      )
      .finally(() => {
        this.#replacing = undefined;
      });
  }
}

function run(module: GrammarModule, text: string): string {
  const bytes = module.lengthBytesUTF8(text) + 1;
  const query = module._malloc(bytes);
  if (query === 0) throw new Error("out of memory");
  module.stringToUTF8(text, query, bytes);
  const result = module._wasm_parse_query_raw(query);
  module._free(query);
  if (result === 0) throw new Error("out of memory");
  const tree = module.getValue(result, "i32");
  const failure = module.getValue(result + 8, "i32");
  const answer = failure === 0 ? module.UTF8ToString(tree) : readError(module, failure);
  module._wasm_free_parse_result(result);
  if (answer instanceof GrammarError) throw answer;
  return answer;
}

function readError(module: GrammarModule, pointer: number): GrammarError {
  const message = module.UTF8ToString(module.getValue(pointer, "i32"));
  const cursor = module.getValue(pointer + 16, "i32");
  return new GrammarError(message, Math.max(0, cursor - 1));
}

let loading: Promise<Grammar> | undefined;
let grammar: Grammar | undefined;

/**
 * Loads PostgreSQL's grammar (about 50 ms, once a process). Must be awaited before the first parse.
 *
 * @example
 * await loadSqlParser();
 */
export async function loadSqlParser(): Promise<void> {
  loading ??= Grammar.load();
  grammar = await loading;
}

export function parseWithGrammar(text: string): unknown {
  if (grammar === undefined) throw new KalamError("internal", { reason: "loadSqlParser() was not awaited" });
  return grammar.parse(text);
}
