import { expect } from "chai";
import fc from "fast-check";
import { columnReader } from "../../../src/engine/duckdb/column-reader.ts";
import { typedConstant } from "../../../src/engine/duckdb/constants.ts";
import type { DuckHost } from "../../../src/engine/duckdb/host.ts";
import type { ColumnType, Value } from "../../../src/engine/types/index.ts";
import { newHost } from "../analytic/harness.ts";
import { typedValue } from "../types/value-arbitraries.ts";

describe("constants for DuckDB", () => {
  let host: DuckHost;
  before(() => {
    host = newHost();
  });
  after(() => host.close());

  /** What DuckDB makes of a constant. */
  async function read(value: Value, type: ColumnType): Promise<Value> {
    return host.use(undefined, async (connection) => {
      const result = await connection.run(`SELECT ${typedConstant(value, type)}`);
      const chunk = await result.fetchChunk();
      return chunk === null ? null : (columnReader(result.columnType(0), type)(chunk, 0, 1)[0] ?? null);
    });
  }

  it("are the values they were made of, whatever the type", async () => {
    await fc.assert(
      fc.asyncProperty(typedValue, async ({ type, value }) => {
        expect(await read(value, type)).to.deep.equal(value === 0 ? 0 : value);
      }),
      { numRuns: 500 },
    );
  });

  it("keep the years before Christ, which DuckDB writes another way", async () => {
    expect(await read(-735_605, { kind: "date" })).to.equal(-735_605);
    expect(await read(-63_556_272_000_000_000n, { kind: "timestamp" })).to.equal(-63_556_272_000_000_000n);
    expect(await read(-63_556_272_000_000_000n, { kind: "timestamptz" })).to.equal(-63_556_272_000_000_000n);
  });
});
