import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { DataFolder } from "../../src/drivers/hot/data-folder.ts";
import { openHotStore } from "../../src/drivers/hot/open.ts";
import { SeededRandom } from "../../src/runtime/random.ts";
import { systemTimers } from "../../src/runtime/timers.ts";
import { startChild } from "../support/child.ts";
import { withFolder } from "../support/folder.ts";
import { flawsOf, headOf } from "./batches.ts";

const WRITER = fileURLToPath(new URL("writer-child.ts", import.meta.url));
const ROUNDS = process.env.KALAMDB_TEST_LONG ? 300 : 20;

describe("a writer killed at a random moment", () => {
  for (const kind of ["conditional", "unconditional"]) {
    it(`loses no acknowledged ${kind} batch and leaves no half of one (${ROUNDS} rounds)`, () =>
      withFolder(async (path) => {
        const random = new SeededRandom(20);
        for (let round = 0; round < ROUNDS; round++) {
          const acknowledged = await writeUntilKilled(path, kind, random.below(120));
          const folder = await DataFolder.open(path);
          const store = await openHotStore({ driver: "sqlite", dataDir: folder.path });
          expect(await flawsOf(store)).to.deep.equal([]);
          // One more may have become durable without its acknowledgement being printed.
          expect(await headOf(store)).to.be.within(acknowledged, acknowledged + 1);
          await store.close();
          await folder.close();
        }
      })).timeout(ROUNDS * 5000);
  }
});

/** @returns the last number that the writer printed. */
async function writeUntilKilled(folder: string, kind: string, afterMillis: number): Promise<number> {
  const child = startChild(WRITER, [folder, kind]);
  let last = 0;
  let first = true;
  for await (const line of child.lines) {
    last = Number(line);
    if (first) systemTimers.after(afterMillis, () => child.process.kill("SIGKILL"));
    first = false;
  }
  const { code, errors } = await child.ended;
  expect(code, errors).to.equal("SIGKILL");
  return last;
}
