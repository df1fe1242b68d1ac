import { spawnSync } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { FilesystemStore } from "../../../src/drivers/objects/filesystem/filesystem-store.ts";
import type { ObjectStore } from "../../../src/drivers/objects/object-store.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { startChild } from "../../support/child.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError } from "../../support/rejection.ts";
import { objectStoreConformance, paths } from "./conformance.ts";

const FILLER = fileURLToPath(new URL("filler-child.ts", import.meta.url));
const WRITER = fileURLToPath(new URL("writer-child.ts", import.meta.url));
const PROBE = fileURLToPath(new URL("probe-child.ts", import.meta.url));
const MAY_MOUNT = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

function open(base: string): ObjectStore {
  return new FilesystemStore({ name: "local", base, timeoutMillis: 60_000, runtime: createRuntime() });
}

objectStoreConformance("filesystem", (work) =>
  withFolder((folder) => work({ store: open(`${folder}/base`), scratch: folder })),
);

describe("object store on a file system", () => {
  it("keeps objects as files below its base, for their owner alone", () =>
    withFolder(async (folder) => {
      const store = open(`${folder}/base`);
      await store.put("app/t/x", Buffer.from("1"));
      expect(await readFile(store.localFile("app/t/x"), "utf8")).to.equal("1");
      expect(store.localFile("app/t/x")).to.equal(`${folder}/base/app/t/x`);
      expect((await lstat(`${folder}/base/app/t/x`)).mode & 0o777).to.equal(0o600);
      expect((await lstat(`${folder}/base/app`)).mode & 0o777).to.equal(0o700);
      expect(await readdir(`${folder}/base/app/t`)).to.deep.equal(["x"]);
    }));

  it("removes folders that become empty, but never the base", () =>
    withFolder(async (folder) => {
      const store = open(`${folder}/base`);
      await store.put("a/b/c/x", Buffer.from("1"));
      await store.put("a/y", Buffer.from("1"));
      await store.delete(["a/b/c/x"]);
      expect(await readdir(`${folder}/base/a`)).to.deep.equal(["y"]);
      await store.clear("a");
      expect(await readdir(`${folder}/base`)).to.deep.equal([]);
    }));

  it("a base that is a symbolic link is where it leads", () =>
    withFolder(async (folder) => {
      await mkdir(`${folder}/real`);
      await symlink(`${folder}/real`, `${folder}/link`);
      const store = open(`${folder}/link`);
      await store.put("a/x", Buffer.from("1"));
      expect(await readFile(`${folder}/real/a/x`, "utf8")).to.equal("1");
      expect(await paths(store, "")).to.deep.equal(["a/x"]);
      await store.delete(["a/x"]);
      expect(await readdir(`${folder}/real`)).to.deep.equal([]);
    }));

  it("does not follow symbolic links that lead out, and leaves what is there alone", () =>
    withFolder(async (folder) => {
      const store = open(`${folder}/base`);
      await store.put("a/x", Buffer.from("1"));
      await mkdir(`${folder}/outside/deep`, { recursive: true });
      await writeFile(`${folder}/outside/secret`, "secret");
      await writeFile(`${folder}/local`, "content");
      await symlink(`${folder}/outside`, `${folder}/base/out`);
      await symlink(`${folder}/outside/secret`, `${folder}/base/file`);
      const attempts = [
        () => store.put("out/x", Buffer.from("1")),
        () => store.put("out/new/x", Buffer.from("1")),
        () => store.take(`${folder}/local`, "out/x"),
        () => store.get("out/secret"),
        () => store.get("file"),
        () => store.delete(["out/secret"]),
        () => store.createFolder("out/new"),
        () => store.clear("out"),
        () => store.clear("out/deep"),
        () => paths(store, "out/deep"),
      ];
      for (const attempt of attempts) await kalamError(attempt(), "storage_unavailable");
      expect(await paths(store, "")).to.deep.equal(["a/x"]);
      await store.put("file", Buffer.from("mine"));
      expect((await readdir(`${folder}/outside`)).sort()).to.deep.equal(["deep", "secret"]);
      expect(await readFile(`${folder}/outside/secret`, "utf8")).to.equal("secret");
      expect(await readFile(`${folder}/local`, "utf8")).to.equal("content");
    }));

  it("takes files from another device", async function () {
    const other = await mkdtemp("/dev/shm/kalamdb-test-").catch(() => undefined);
    if (other === undefined) return this.skip();
    try {
      await withFolder(async (folder) => {
        if ((await lstat(folder)).dev === (await lstat(other)).dev) return this.skip();
        const bytes = Buffer.alloc(2 * 1024 * 1024 + 1, "x");
        await writeFile(`${other}/local`, bytes);
        const store = open(`${folder}/base`);
        await store.take(`${other}/local`, "a/x");
        expect((await store.get("a/x"))?.equals(bytes)).to.equal(true);
        expect(await readdir(other)).to.deep.equal([]);
        expect(await readdir(`${folder}/base/a`)).to.deep.equal(["x"]);
      });
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  it("what a crash leaves is no object, and goes with the object", () =>
    withFolder(async (folder) => {
      const store = open(`${folder}/base`);
      await store.put("a/x", Buffer.from("1"));
      await writeFile(`${folder}/base/a/x.tmp`, "half");
      await writeFile(`${folder}/base/a/y.tmp`, "half");
      expect(await paths(store, "")).to.deep.equal(["a/x"]);
      expect(await store.get("a/y")).to.equal(undefined);
      await store.put("a/y", Buffer.from("2"));
      await store.delete(["a/x", "a/y"]);
      expect(await readdir(`${folder}/base`)).to.deep.equal([]);
      await mkdir(`${folder}/base/t`);
      await writeFile(`${folder}/base/t/z.tmp`, "half");
      await store.clear("t");
      expect(await readdir(`${folder}/base`)).to.deep.equal([]);
    }));

  it("a process that is killed while it writes leaves whole objects", () =>
    withFolder(async (folder) => {
      const store = open(`${folder}/base`);
      for (let round = 0; round < 5; round++) {
        const child = startChild(WRITER, [`${folder}/base`]);
        for await (const line of child.lines) {
          if (Number(line) >= 5 + round) break;
        }
        child.process.kill("SIGKILL");
        await child.ended;
        for (const path of await paths(store, "")) {
          const bytes = await store.get(path);
          expect(bytes?.length).to.equal(400_000);
          expect(bytes?.every((byte) => byte === bytes[0])).to.equal(true);
        }
        for (const name of await readdir(`${folder}/base/a`)) expect(name).to.match(/^[xy](\.tmp)?$/);
      }
    }));

  it("says when nothing can be written, and what still works", async function () {
    if (!MAY_MOUNT) return this.skip();
    await withFolder(async (disk) => {
      await writeFile(`${disk}/x`, "1");
      const report = await runChild(PROBE, [disk], disk, 'mount --bind -o ro "$0" "$0" && exec "$@"');
      const { error } = report as { error: string };
      expect(error).to.match(/^cannot write \S+ \((EROFS|EACCES)\)$/);
      expect(report).to.deep.equal({
        error,
        health: { status: "degraded", readable: true, writable: false, listable: true, deletable: false, error },
        content: "1",
      });
    });
  });

  it("a base that cannot be there is unreachable", () =>
    withFolder(async (folder) => {
      await writeFile(`${folder}/file`, "");
      const store = open(`${folder}/file/base`);
      await kalamError(store.put("x", Buffer.from("1")), "storage_unavailable");
      expect(await store.get("x")).to.equal(undefined);
      const health = await store.check(true);
      expect(health).to.include({ status: "unreachable", writable: false, totalBytes: null });
      expect(health.error).to.be.a("string");
    }));

  it("tells a full disk apart, and goes on when there is room", function () {
    if (!MAY_MOUNT) this.skip();
    return withFolder(async (folder) => {
      const disk = join(folder, "disk");
      await mkdir(disk);
      const mount = 'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"';
      expect(await runChild(FILLER, [disk, folder], disk, mount)).to.deep.equal({
        failures: ["storage_full", "storage_full"],
        files: ["local", "small"],
        status: "degraded",
        after: "healthy",
      });
    });
  });
});

/** Runs a child that prints one line of JSON, after a mount that only it sees. */
async function runChild(file: string, args: readonly string[], disk: string, mount: string): Promise<unknown> {
  const child = startChild(file, args, ["unshare", "-m", "sh", "-c", mount, disk]);
  let report: unknown;
  for await (const line of child.lines) report = JSON.parse(line);
  const { code, errors } = await child.ended;
  expect(code, errors).to.equal(0);
  return report;
}
