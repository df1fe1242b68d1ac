import type { DuckDBTableFunction } from "@duckdb/node-api";
import type { DataChunk } from "@duckdb/node-bindings";
import type { Random } from "../../runtime/random.ts";
import type { ColumnType } from "../types/column-type.ts";
import { duckApi } from "./native.ts";
import { vectorType } from "./vector-types.ts";

/** Rows that the process hands over to DuckDB. */
export interface Feed {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** Fills the chunk with the next rows, a vector full at most; how many they were, 0 at the end. */
  next(chunk: DataChunk): number;
}

const FUNCTION = "kalam_feed";

/**
 * `kalam_feed(token)`: how rows get into DuckDB in bulk. DuckDB's own threads ask for them, vector by vector, and put them where they
 * go; the event loop only fills the vectors, one in each turn. A token is 128 random bits, and known only while its work runs.
 */
export class Feeds {
  readonly #random: Random;
  readonly #feeds = new Map<string, Feed>();
  readonly #failures = new WeakMap<Feed, unknown>();

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * @param work runs a statement that reads the relation it is given the text of
   * @throws what `feed` threw, else what `work` threw
   */
  async serve<T>(feed: Feed, work: (relation: string) => Promise<T>): Promise<T> {
    const token = Buffer.from(this.#random.bytes(16)).toString("hex");
    this.#feeds.set(token, feed);
    try {
      return await work(`${FUNCTION}('${token}')`);
    } catch (error) {
      throw this.#failures.get(feed) ?? error;
    } finally {
      this.#feeds.delete(token);
    }
  }

  /** What DuckDB registers. Loads DuckDB. */
  definition(): DuckDBTableFunction {
    const { DuckDBTableFunction, VARCHAR } = duckApi();
    return DuckDBTableFunction.create({
      name: FUNCTION,
      parameterTypes: [VARCHAR],
      bindFunction: (bind) => {
        const feed = this.#feeds.get(String(bind.getParameter(0)));
        if (feed === undefined) {
          bind.setError("unknown relation");
          return;
        }
        for (const { name, type } of feed.columns) bind.addResultColumn(name, vectorType(type));
        bind.setBindData(feed);
      },
      initFunction: (init) => {
        init.setMaxThreads(1);
        init.setInitData(init.bindData as Feed);
      },
      mainFunction: (call, chunk) => {
        const feed = call.initData as Feed;
        try {
          chunk.rowCount = feed.next(chunk.chunk);
        } catch (error) {
          this.#failures.set(feed, error);
          call.setError("the rows cannot be read");
        }
      },
    });
  }
}
