import { spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { SqliteHotStore } from "../../src/drivers/hot/sqlite/sqlite-store.ts";
import { startChild } from "../support/child.ts";
import { withFolder } from "../support/folder.ts";
import { kalamError } from "../support/rejection.ts";
import { batchOf, flawsOf, headOf } from "./batches.ts";

const FILLER = fileURLToPath(new URL("filler-child.ts", import.meta.url));

describe("a full disk", () => {
  it("refuses what does not fit, keeps what was there and goes on when there is room", () =>
    withFolder(async (folder) => {
      const path = `${folder}/hot.sqlite`;
      const store = await SqliteHotStore.open({ path, maximumPages: 400 });
      for (let n = 1; n <= 20; n++) await store.commit(batchOf(n));
      const large = Buffer.alloc(4 * 1024 * 1024, 1);
      await kalamError(store.commit({ puts: [{ key: Buffer.from("large"), value: large }] }), "storage_full");
      const many = Array.from({ length: 3 }, (_, i) => ({
        key: Buffer.from(`many ${i}`),
        value: Buffer.alloc(40 << 20),
      }));
      await kalamError(store.commit({ puts: many }), "storage_full");
      expect(await flawsOf(store)).to.deep.equal([]);
      for (let n = 21; n <= 40; n++) await store.commit(batchOf(n));
      await store.close();
      const again = await SqliteHotStore.open({ path });
      expect(await headOf(again)).to.equal(40);
      expect(await flawsOf(again)).to.deep.equal([]);
      await again.close();
    }));

  it("is told apart from other failures on a real file system without space", function () {
    const mount = 'mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@"';
    const allowed = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
    if (!allowed) this.skip();
    return withFolder(async (folder) => {
      const disk = `${folder}/disk`;
      await mkdir(disk);
      const report = await runFiller(disk, ["unshare", "-m", "sh", "-c", mount, disk]);
      expect(report).to.deep.equal({ failures: ["storage_full"], head: 40, flaws: [] });
    });
  });

  it("survives a file that may not grow", () =>
    withFolder(async (folder) => {
      const report = await runFiller(folder, ["bash", "-c", 'ulimit -f 8192 && exec "$@"', "bash"]);
      expect(report).to.deep.equal({ failures: ["storage_failed"], head: 40, flaws: [] });
    }));
});

async function runFiller(folder: string, wrap: readonly string[]): Promise<unknown> {
  const child = startChild(FILLER, [folder], wrap);
  let report: unknown;
  for await (const line of child.lines) report = JSON.parse(line);
  const { code, errors } = await child.ended;
  expect(code, errors).to.equal(0);
  return report;
}
