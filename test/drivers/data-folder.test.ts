import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { DataFolder } from "../../src/drivers/hot/data-folder.ts";
import { processIdentity } from "../../src/drivers/hot/process-identity.ts";
import { withFolder } from "../support/folder.ts";
import { kalamError } from "../support/rejection.ts";

describe("data folder", () => {
  it("is made with its parents, for its owner alone, and says its format", () =>
    withFolder(async (parent) => {
      const path = `${parent}/some/data`;
      const folder = await DataFolder.open(path);
      expect(folder.path).to.equal(path);
      expect((await stat(path)).mode & 0o777).to.equal(0o700);
      expect((await readdir(path)).sort()).to.deep.equal(["format", "lock-1"]);
      await folder.close();
      await folder.close();
      expect(await readFile(`${path}/lock-1`, "utf8")).to.equal("free\n");
    }));

  it("belongs to one at a time and names the process that has it", () =>
    withFolder(async (path) => {
      const first = await DataFolder.open(path);
      const error = await kalamError(DataFolder.open(path), "data_locked");
      expect(error.message).to.contain(String(process.pid)).and.contain(path);
      await first.close();
      await (await DataFolder.open(path)).close();
    }));

  it("goes to exactly one of many that come at the same time, also past a stale lock", () =>
    withFolder(async (path) => {
      await writeFile(`${path}/lock-4`, JSON.stringify({ pid: await endedProcess(), identity: "" }));
      const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => DataFolder.open(path)));
      const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      expect(won).to.have.length(1);
      await won[0]?.close();
      expect((await readdir(path)).filter((name) => !name.startsWith("lock-"))).to.deep.equal(["format"]);
    }));

  it("never goes to two, however often it is taken and given back at the same time", () =>
    withFolder(async (path) => {
      let holders = 0;
      let taken = 0;
      const taker = async (): Promise<void> => {
        for (let round = 0; round < 25; round++) {
          const folder = await DataFolder.open(path).catch(() => undefined);
          if (folder === undefined) continue;
          taken++;
          expect(++holders).to.equal(1);
          await new Promise((resolve) => setImmediate(resolve));
          holders--;
          await folder.close();
        }
      };
      await Promise.all(Array.from({ length: 8 }, taker));
      expect(taken).to.be.greaterThan(1);
    }));

  const stale = [
    {
      name: "a process that is gone",
      lock: async () => JSON.stringify({ pid: await endedProcess(), identity: "x:1" }),
    },
    {
      name: "an earlier process with the same number",
      lock: async () => JSON.stringify({ pid: process.pid, identity: "x:1" }),
    },
    { name: "nobody that can be told", lock: async () => "" },
    { name: "nonsense", lock: async () => '{"pid": -1, "identity": 7}' },
  ];
  for (const { name, lock } of stale) {
    it(`is taken over from ${name}`, async function () {
      if (name.startsWith("an earlier") && (await processIdentity(process.pid)) === "") this.skip();
      await withFolder(async (path) => {
        await writeFile(`${path}/lock-1`, await lock());
        const folder = await DataFolder.open(path);
        expect(JSON.parse(await readFile(`${path}/lock-2`, "utf8"))).to.have.property("pid", process.pid);
        await folder.close();
      });
    });
  }

  it("is left alone when a newer KalamDB wrote it", () =>
    withFolder(async (path) => {
      await writeFile(`${path}/format`, "kalamdb 2\n");
      const error = await kalamError(DataFolder.open(path), "data_corrupt");
      expect(error.message).to.contain("newer KalamDB").and.contain("format 2");
      expect(await readdir(path)).to.deep.equal(["format"]);
    }));

  it("is refused when its format cannot be read", () =>
    withFolder(async (path) => {
      await writeFile(`${path}/format`, "PNG");
      await kalamError(DataFolder.open(path), "data_corrupt");
    }));

  it("cannot be a file, nor lie where nothing may be written", () =>
    withFolder(async (path) => {
      await writeFile(`${path}/file`, "");
      const error = await kalamError(DataFolder.open(`${path}/file`), "config_invalid");
      expect(error.message).to.contain(`${path}/file`);
      await mkdir(`${path}/closed`);
      await chmod(`${path}/closed`, 0o500);
      if (process.getuid?.() !== 0) await kalamError(DataFolder.open(`${path}/closed/data`), "config_invalid");
    }));
});

async function endedProcess(): Promise<number> {
  const child = spawn("true", { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}
