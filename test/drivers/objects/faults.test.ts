import { expect } from "chai";
import { FaultyObjectStore } from "../../../src/drivers/objects/faults.ts";
import { FilesystemStore } from "../../../src/drivers/objects/filesystem/filesystem-store.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { SeededRandom } from "../../../src/runtime/random.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";
import { systemTimers } from "../../../src/runtime/timers.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError, rejection } from "../../support/rejection.ts";
import { objectStoreConformance, paths } from "./conformance.ts";

function open(base: string): FaultyObjectStore {
  const inner = new FilesystemStore({ name: "local", base, timeoutMillis: 60_000, runtime: createRuntime() });
  return new FaultyObjectStore(inner, { random: new SeededRandom(1), timers: systemTimers });
}

objectStoreConformance("without faults", (work) =>
  withFolder((folder) => work({ store: open(`${folder}/base`), scratch: folder })),
);

describe("fault-injecting object store", () => {
  it("fails as planned and does nothing", () =>
    withFolder(async (folder) => {
      const store = open(folder);
      store.failNext("put", new KalamError("storage_full", { what: "Storage 'local'" }));
      store.failNext("list", new Error("list"));
      await kalamError(store.put("x", Buffer.from("1")), "storage_full");
      expect(await rejection(paths(store, ""))).to.have.property("message", "list");
      expect(await paths(store, "")).to.deep.equal([]);
    }));

  it("loses an acknowledgement of what was done", () =>
    withFolder(async (folder) => {
      const store = open(folder);
      store.loseNextAcknowledgement("put", new Error("lost"));
      expect(await rejection(store.put("x", Buffer.from("1")))).to.have.property("message", "lost");
      expect(await paths(store, "")).to.deep.equal(["x"]);
    }));

  it("hangs until it is released, and is gone after a crash", () =>
    withFolder(async (folder) => {
      const store = open(folder);
      const release = store.hold("get");
      await store.put("x", Buffer.from("1"));
      let answered = false;
      const read = store.get("x").then((bytes) => {
        answered = true;
        return bytes;
      });
      expect(await paths(store, "")).to.deep.equal(["x"]);
      expect(answered).to.equal(false);
      release();
      expect((await read)?.toString()).to.equal("1");
      store.crash();
      await kalamError(store.get("x"), "storage_failed");
    }));
});
