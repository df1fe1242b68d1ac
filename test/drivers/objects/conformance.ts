import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { ObjectStore } from "../../../src/drivers/objects/object-store.ts";
import { kalamError } from "../../support/rejection.ts";

export interface ObjectStoreUnderTest {
  readonly store: ObjectStore;
  /** A folder for local files, on the device of the store where it has one. */
  readonly scratch: string;
}

const BAD_PATHS = ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a/.", "a\0b", "a b", "a\\b", "é", "a/x.tmp"];

/** What every object store must do. `open` gives an empty store. */
export function objectStoreConformance(name: string, open: (work: Work) => Promise<void>): void {
  const on = (title: string, work: Work): void => {
    it(`${title} (${name})`, () => open(work));
  };

  describe("object store", () => {
    on("gives back what was put in, and nothing for what was not", async ({ store }) => {
      expect(await store.get("app/t/manifest.json")).to.equal(undefined);
      await store.put("app/t/manifest.json", Buffer.from("one"));
      await store.put("app/t/empty", Buffer.alloc(0));
      expect(await text(store, "app/t/manifest.json")).to.equal("one");
      expect(await text(store, "app/t/empty")).to.equal("");
      await store.put("app/t/manifest.json", Buffer.from("two"));
      expect(await text(store, "app/t/manifest.json")).to.equal("two");
      expect(await store.get("app/t/manifest.json/below")).to.equal(undefined);
    });

    on("keeps large objects byte for byte", async ({ store, scratch }) => {
      const bytes = Buffer.alloc(3 * 1024 * 1024 + 7, "abcdefg");
      await store.put("large", bytes);
      expect((await store.get("large"))?.equals(bytes)).to.equal(true);
      await writeFile(`${scratch}/local`, bytes);
      await store.take(`${scratch}/local`, "taken/large");
      expect((await store.get("taken/large"))?.equals(bytes)).to.equal(true);
    });

    on("shows a reader the former or the new object, never a half", async ({ store }) => {
      const version = (n: number): Buffer => Buffer.alloc(300_000, `${n % 10}`);
      await store.put("a/x", version(0));
      let writing = true;
      const reader = async (): Promise<number> => {
        let reads = 0;
        while (writing) {
          const bytes = await store.get("a/x");
          expect(bytes?.length).to.equal(300_000);
          expect(bytes?.every((byte) => byte === bytes[0])).to.equal(true);
          reads++;
        }
        return reads;
      };
      const readers = Promise.all([reader(), reader()]);
      for (let n = 1; n <= 30; n++) await store.put("a/x", version(n));
      writing = false;
      expect(Math.min(...(await readers))).to.be.greaterThan(0);
    });

    on("of writers of one object at the same time the last wins, whole", async ({ store }) => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => store.put("a/x", Buffer.alloc(10_000, `${n % 10}`))));
      const bytes = await store.get("a/x");
      expect(bytes?.equals(Buffer.alloc(10_000, "9"))).to.equal(true);
      expect(await paths(store, "")).to.deep.equal(["a/x"]);
    });

    on("takes over a local file, which is gone then; a missing one is an error", async ({ store, scratch }) => {
      await writeFile(`${scratch}/local`, "content");
      await store.take(`${scratch}/local`, "app/t/batch-0.parquet");
      expect(await text(store, "app/t/batch-0.parquet")).to.equal("content");
      const error = await kalamError(store.take(`${scratch}/local`, "app/t/batch-1.parquet"), "storage_unavailable");
      expect(error.message).to.contain("app/t/batch-1.parquet").and.not.contain(scratch);
      expect(await paths(store, "")).to.deep.equal(["app/t/batch-0.parquet"]);
    });

    on("lists what is below a folder", async ({ store }) => {
      for (const path of ["a/t/u/x", "a/t/v/x", "a/t2/x", "b"]) await store.put(path, Buffer.from("12345"));
      expect(await paths(store, "")).to.deep.equal(["a/t/u/x", "a/t/v/x", "a/t2/x", "b"]);
      expect(await paths(store, "a/t")).to.deep.equal(["a/t/u/x", "a/t/v/x"]);
      expect(await paths(store, "none/at/all")).to.deep.equal([]);
      for await (const object of store.list("b")) expect.fail(object.path);
      for await (const object of store.list("a/t2")) {
        expect(object).to.include({ path: "a/t2/x", sizeBytes: 5 });
        expect(object.modifiedAt).to.be.greaterThan(1_600_000_000_000);
      }
    });

    on("deletes objects, also those that are not there", async ({ store }) => {
      for (const path of ["a/t/x", "a/t/y", "a/u/x"]) await store.put(path, Buffer.from("1"));
      await store.delete(["a/t/x", "a/t/none", "none/none"]);
      await store.delete([]);
      expect(await paths(store, "")).to.deep.equal(["a/t/y", "a/u/x"]);
      await store.delete(["a/t/y", "a/u/x"]);
      expect(await paths(store, "")).to.deep.equal([]);
      await store.put("a/t/x", Buffer.from("2"));
      expect(await text(store, "a/t/x")).to.equal("2");
    });

    on("clears a folder and nothing beside it", async ({ store }) => {
      for (const path of ["a/t/x", "a/t/u/x", "a/t2/x", "a/t~1/x"]) await store.put(path, Buffer.from("1"));
      await store.clear("a/t");
      await store.clear("a/t");
      expect(await paths(store, "")).to.deep.equal(["a/t2/x", "a/t~1/x"]);
      await store.createFolder("a/t");
      expect(await paths(store, "a/t")).to.deep.equal([]);
    });

    on("puts and deletes beside each other", async ({ store }) => {
      const worker = async (n: number): Promise<void> => {
        for (let round = 0; round < 15; round++) {
          await store.put(`a/b/c/${n}`, Buffer.from(`${round}`));
          if (round < 14) await store.delete([`a/b/c/${n}`]);
        }
      };
      await Promise.all([0, 1, 2, 3].map(worker));
      expect(await paths(store, "")).to.deep.equal(["a/b/c/0", "a/b/c/1", "a/b/c/2", "a/b/c/3"]);
    });

    on("refuses what is no path", async ({ store, scratch }) => {
      for (const path of [...BAD_PATHS, "x".repeat(256)]) {
        await kalamError(store.put(path, Buffer.alloc(1)), "internal");
        await kalamError(store.get(path), "internal");
        await kalamError(store.take(`${scratch}/local`, path), "internal");
        await kalamError(store.delete([path]), "internal");
        expect(() => store.localFile(path)).to.throw();
        if (path === "" || path === "a/x.tmp") continue;
        await kalamError(store.clear(path), "internal");
        await kalamError(store.createFolder(path), "internal");
        await kalamError(paths(store, path), "internal");
      }
      expect(await paths(store, "")).to.deep.equal([]);
    });

    on("says that it is well, and how large its volume is when asked", async ({ store }) => {
      const { latencyMillis, ...health } = await store.check(false);
      const works = { readable: true, writable: true, listable: true, deletable: true, error: null };
      expect(health).to.deep.equal({ status: "healthy", ...works, totalBytes: null, usedBytes: null });
      expect(latencyMillis).to.be.at.least(0);
      expect((await store.check(true)).totalBytes).to.be.greaterThan(0);
      expect(await paths(store, "")).to.deep.equal([]);
    });
  });
}

type Work = (subject: ObjectStoreUnderTest) => Promise<void>;

async function text(store: ObjectStore, path: string): Promise<string | undefined> {
  return (await store.get(path))?.toString();
}

export async function paths(store: ObjectStore, folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list(folder)) found.push(path);
  return found.sort();
}
