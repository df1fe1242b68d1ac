import { expect } from "chai";
import { KalamServer, SOURCE_LAUNCHER } from "../../bench/peers/kalam-server.ts";
import { Resources } from "../../bench/process/resources.ts";
import type { SqlClient } from "../../examples/chat/sql-client.ts";
import { SeededRandom } from "../../src/runtime/random.ts";
import { withFolder } from "../support/folder.ts";

const ROUNDS = process.env.KALAMDB_TEST_LONG ? 25 : 3;
const CONNECTIONS = 8;
const SEED = 20_260_105;

/** Rows that were sent together: all of them are kept or none. */
interface Write {
  readonly markers: readonly number[];
  readonly sql: string;
}

/**
 * What was sent and what was acknowledged, over all rounds. Every row carries a marker of its own; its key is made by
 * the server, so that a write done twice would show as two rows.
 */
class Ledger {
  readonly sent: Write[] = [];
  readonly acknowledged = new Set<Write>();
  #marker = 0;

  next(random: SeededRandom): Write {
    const count = [1, 1, 4, 25][random.below(4)] ?? 1;
    const markers = Array.from({ length: count }, () => ++this.#marker);
    const inserts = markers.map((marker) => `INSERT INTO crash.rows (marker, body) VALUES ${row(marker)}`);
    const asOne = `INSERT INTO crash.rows (marker, body) VALUES ${markers.map(row).join(", ")}`;
    const sql = count === 4 ? `BEGIN; ${inserts.join("; ")}; COMMIT` : asOne;
    const write = { markers, sql };
    this.sent.push(write);
    return write;
  }
}

const bodyOf = (marker: number): string => `row ${marker} ${"x".repeat(marker % 300)}`;
const row = (marker: number): string => `(${marker}, '${bodyOf(marker)}')`;

/** Writes over several connections until `acknowledgements` have come, then kills the server among the rest. */
async function loadAndKill(server: KalamServer, ledger: Ledger, random: SeededRandom): Promise<void> {
  const client = await server.login();
  const enough = ledger.acknowledged.size + 40 + random.below(300);
  let killed: Promise<void> | undefined;
  const connection = async (): Promise<void> => {
    while (killed === undefined) {
      const write = ledger.next(random);
      try {
        await client.run(write.sql);
      } catch (error) {
        if (killed === undefined) throw error;
        return;
      }
      ledger.acknowledged.add(write);
      if (ledger.acknowledged.size >= enough) killed ??= server.kill();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  await killed;
}

async function expectEverything(client: SqlClient, ledger: Ledger): Promise<void> {
  const [result] = await client.run("SELECT marker, body FROM crash.rows");
  const found = (result?.rows ?? []).map(([marker, body]) => ({ marker: Number(marker), body }));
  const there = new Set(found.map(({ marker }) => marker));
  expect(there.size, "a row is there twice").to.equal(found.length);
  for (const { marker, body } of found) expect(body).to.equal(bodyOf(marker));
  for (const write of ledger.sent) {
    const kept = write.markers.filter((marker) => there.has(marker)).length;
    const all = write.markers.length;
    if (ledger.acknowledged.has(write)) expect(kept, `acknowledged, ${all} rows: ${write.sql}`).to.equal(all);
    else expect(kept, `half of a write: ${write.sql}`).to.be.oneOf([0, all]);
  }
  expect(Number(await client.value("SELECT count(*) FROM crash.rows"))).to.equal(found.length);
}

describe("kalam serve, killed in the middle of a load", () => {
  it("keeps every acknowledged row, none twice and no half of a write", async function () {
    this.timeout(60_000 * ROUNDS);
    await withFolder(async (folder) => {
      const resources = new Resources();
      const start = (): Promise<KalamServer> =>
        KalamServer.start(resources, { launcher: SOURCE_LAUNCHER, dataDir: `${folder}/data`, home: folder });
      try {
        const ledger = new Ledger();
        const random = new SeededRandom(SEED);
        let server = await start();
        await (await server.login()).run(
          `CREATE NAMESPACE crash;
           CREATE USER TABLE crash.rows (id BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(), marker BIGINT NOT NULL, body TEXT)`,
        );
        for (let round = 0; round < ROUNDS; round++) {
          await loadAndKill(server, ledger, random);
          server = await start();
          await expectEverything(await server.login(), ledger);
        }
        await server.stop();
      } finally {
        await resources.close();
      }
    });
  });
});
