import { spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { startChild } from "../../support/child.ts";
import { withFolder } from "../../support/folder.ts";

const CHILD = fileURLToPath(new URL("disk-child.ts", import.meta.url));
const ROWS = 300;

/** Runs the child where `disk` is a file system of 4 MB. */
async function onSmallDisk(args: readonly string[], disk: string): Promise<unknown> {
  await mkdir(disk);
  const mount = 'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"';
  const child = startChild(CHILD, [...args, disk], ["unshare", "-m", "sh", "-c", mount, disk]);
  let report: unknown;
  for await (const line of child.lines) report = JSON.parse(line);
  const { code, errors } = await child.ended;
  expect(code, errors).to.equal(0);
  return report;
}

describe("cold storage on a disk that becomes full", () => {
  before(function () {
    const allowed = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
    if (!allowed) this.skip();
  });

  it("that of the storage: flushes and compactions fail with the reason, writes go on, and all is flushed later", () =>
    withFolder(async (folder) => {
      const disk = `${folder}/disk`;
      const report = await onSmallDisk([`${folder}/data`, `${disk}/storage`], disk);
      const noRoom = "failed: Storage 'small' could not write: the disk is full";
      expect(report).to.deep.equal({
        full: { flush: noRoom, compact: noRoom, write: "done", read: "done" },
        after: { flush: "completed", compact: "completed" },
        rows: ROWS,
        right: true,
      });
    }));

  it("that of the hot store: what does not fit is refused, nothing is lost, and all is flushed later", () =>
    withFolder(async (folder) => {
      const disk = `${folder}/disk`;
      const report = await onSmallDisk([`${disk}/data`, `${folder}/storage`], disk);
      // What was written last may have to go from the commit log to the database before it can be read.
      const { read, flush } = (report as { full: { read: string; flush: string } }).full;
      expect(read).to.be.oneOf(["done", "storage_full"]);
      // The document of the job may still have had room.
      expect(flush).to.be.oneOf(["storage_full", "failed: The hot store could not write: the disk is full"]);
      expect(report).to.deep.equal({
        full: { flush, compact: "storage_full", write: "storage_full", read },
        after: { flush: "completed", compact: "completed" },
        rows: ROWS,
        right: true,
      });
    }));
});
