import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { bundle } from "../../support/bundle.ts";
import { Record } from "./record.ts";

const LONG = process.env.KALAMDB_TEST_LONG !== undefined;
const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** Every step of a flush, a compaction, ALTER and DROP, and of what a start puts right. */
const POINTS = [
  "flush.begun",
  "flush.announced",
  "flush.written",
  "storage.copied",
  "storage.renamed",
  "flush.stored",
  "flush.committed",
  "storage.unfinished",
  "manifest.stored",
  "flush.published",
  "compaction.begun",
  "compaction.announced",
  "compaction.stored",
  "compaction.written",
  "compaction.committed",
  "compaction.published",
  "sweep.deleted",
  "alter.committed",
  "drop.committed",
  "cleanup.begun",
  "storage.clearing",
  "cleanup.cleared",
] as const;
type Point = (typeof POINTS)[number];

/** Kills without a look between them: what the first leaves, the second meets, in its start where it can. */
const PAIRS: readonly (readonly [Point, Point])[] = [
  ["flush.stored", "sweep.deleted"],
  ["compaction.committed", "sweep.deleted"],
  ["flush.committed", "storage.unfinished"],
  ["flush.announced", "flush.written"],
  ["storage.copied", "manifest.stored"],
  ["compaction.published", "flush.begun"],
  ["compaction.begun", "drop.committed"],
  ["compaction.written", "cleanup.begun"],
  ["storage.clearing", "flush.published"],
  ["cleanup.cleared", "compaction.announced"],
  ["storage.renamed", "compaction.stored"],
  ["alter.committed", "flush.stored"],
];

/** Folders of a test: that of a bundled child, and two for data, on different file systems where there are two. */
async function killing(work: (record: Record) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "kalamdb-test-"));
  // Files are not moved there but copied.
  const other = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "kalamdb-test-"));
  try {
    await work(new Record(await bundle(CHILD, folder), `${folder}/data`, other));
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(other, { recursive: true, force: true });
  }
}

function killInPairs(pairs: readonly (readonly Point[])[]): Promise<void> {
  return killing(async (record) => {
    for (const [index, points] of pairs.entries()) {
      for (const [place, point] of points.entries()) await record.runUntilKilled(2 * index + place, point, 1);
      await record.check(points.join(", "));
    }
  });
}

describe("cold storage: a process killed in the middle", () => {
  it("keeps every acknowledged row once and leaves no file behind, at every step", async () => {
    // Two at a time: a process waits for its disk as much as it works.
    await Promise.all([0, 1].map((half) => killInPairs(PAIRS.filter((_, index) => index % 2 === half))));
  }).timeout(600_000);

  it("keeps every acknowledged row once, killed at random", function () {
    if (!LONG) this.skip();
    this.timeout(3_600_000);
    return killing(async (record) => {
      const random = new SeededRandom(Number(process.env.KALAMDB_TEST_SEED ?? 7));
      for (let round = 0; round < 300; round++) {
        const byTime = random.below(2) === 0;
        const point = byTime ? "time" : (POINTS[random.below(POINTS.length)] ?? "time");
        const count = byTime ? 300 + random.below(3000) : 1 + random.below(6);
        await record.runUntilKilled(1000 + round, point, count);
        if (random.below(3) > 0) await record.check(`round ${round}: ${point} ${count}`);
      }
      await record.check("at the end");
    });
  });
});
