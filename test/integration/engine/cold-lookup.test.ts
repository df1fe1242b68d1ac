import { expect } from "chai";
import { type EmbeddedDatabase, open } from "../../../src/index.ts";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { flushAll } from "../../support/cold.ts";
import { withFolder } from "../../support/folder.ts";

const SEGMENTS = 100;
const ROWS = 40;
const LOOKUPS = 60;

async function filesOpened(db: EmbeddedDatabase): Promise<number> {
  const { rows } = await db.query("SELECT metric_value FROM system.stats WHERE metric_name = 'segment_files_opened'");
  return Number(rows[0]?.metric_value);
}

/** A table with a hundred segments, and its keys. @param keyOf the key of row `n` */
async function fill(db: EmbeddedDatabase, keyOf: (n: number) => string): Promise<string[]> {
  await db.query("CREATE NAMESPACE app");
  await db.query("CREATE SHARED TABLE app.events (id TEXT PRIMARY KEY, n INT)");
  const keys: string[] = [];
  for (let segment = 0; segment < SEGMENTS; segment++) {
    const rows = Array.from({ length: ROWS }, () => {
      keys.push(keyOf(keys.length));
      return `('${keys.at(-1)}', ${keys.length})`;
    });
    await db.query(`INSERT INTO app.events VALUES ${rows.join(", ")}`);
    await flushAll(db);
  }
  const { rows } = await db.query("SELECT manifest_json FROM system.manifest");
  expect(JSON.parse(String(rows[0]?.manifest_json)).segments.length).to.equal(SEGMENTS);
  return keys;
}

describe("a key among a hundred segments", () => {
  const random = new SeededRandom(7);
  const kinds: Readonly<Record<string, (n: number) => string>> = {
    "that grows": (n) => String(n).padStart(9, "0"),
    "at random": () => Buffer.from(random.bytes(12)).toString("hex"),
  };
  for (const [kind, keyOf] of Object.entries(kinds)) {
    it(`${kind} costs two files at most`, () =>
      withFolder(async (dataDir) => {
        const db = await open({ driver: "memory", dataDir, compactionMinSegments: 10_000 });
        try {
          const keys = await fill(db, keyOf);
          for (let lookup = 0; lookup < LOOKUPS; lookup++) {
            const at = (lookup * 67) % keys.length;
            const before = await filesOpened(db);
            const { rows } = await db.query("SELECT n FROM app.events WHERE id = $1", [keys[at] ?? ""]);
            expect(rows).to.deep.equal([{ n: at + 1 }]);
            expect((await filesOpened(db)) - before, `files for ${keys[at]}`).to.be.within(1, 2);
          }
          const before = await filesOpened(db);
          for (let lookup = 0; lookup < LOOKUPS; lookup++) {
            await db.query("INSERT INTO app.events VALUES ($1, 0)", [keyOf(keys.length + lookup)]);
          }
          expect((await filesOpened(db)) - before, `files for ${LOOKUPS} new keys`).to.be.at.most(LOOKUPS / 4);
        } finally {
          await db.close();
        }
      }));
  }
});
