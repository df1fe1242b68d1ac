import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { duckApi } from "../../../src/engine/duckdb/native.ts";
import { withFolder } from "../../support/folder.ts";
import { kalamError, rejection } from "../../support/rejection.ts";
import { newHost } from "../analytic/harness.ts";

const ENDLESS = "SELECT count(*) FROM range(100000000000) a, range(100000000000) b WHERE a.range + b.range < 0";

describe("the DuckDB of the process", () => {
  it("gives later work other folders, and lets earlier work end in its own", () =>
    withFolder(async (base) => {
      const [first, second] = [join(base, "first"), join(base, "second")];
      await Promise.all([mkdir(first), mkdir(second)]);
      const host = newHost({ directories: [first] });
      const idle = await host.acquire(undefined);
      const busy = await host.acquire(undefined);
      host.release(idle, true);
      host.setDirectories([second]);

      expect(await rejection(idle.run("SELECT 1")), "an idle connection is closed").to.be.instanceOf(Error);
      await busy.run(`COPY (SELECT 1 AS a) TO '${first}/a.parquet'`);
      expect(await rejection(busy.run(`COPY (SELECT 1 AS a) TO '${second}/a.parquet'`))).to.be.instanceOf(Error);
      await host.use(undefined, async (connection) => {
        await connection.run(`COPY (SELECT 1 AS a) TO '${second}/a.parquet'`);
        expect(await rejection(connection.run(`FROM '${first}/a.parquet'`))).to.be.instanceOf(Error);
      });
      host.release(busy, true);
      expect(await rejection(busy.run("SELECT 1")), "the last one closes the former instance").to.be.instanceOf(Error);
      host.close();
    }));

  it("changes folders before it was opened, and again and again", () =>
    withFolder(async (base) => {
      const host = newHost();
      for (let round = 0; round < 5; round++) {
        host.setDirectories([base]);
        if (round % 2 === 0) {
          await host.use(undefined, (connection) =>
            connection.run(`COPY (SELECT 1 AS a) TO '${base}/${round}.parquet'`),
          );
        }
      }
      host.close();
    }));

  it("registers the table functions with every instance, and refuses those that come too late", async () => {
    const host = newHost();
    const numbers = (name: string) => () => {
      const { DuckDBTableFunction, INTEGER } = duckApi();
      return DuckDBTableFunction.create({
        name,
        bindFunction: (bind) => bind.addResultColumn("n", INTEGER),
        initFunction: () => undefined,
        mainFunction: (_call, chunk) => {
          chunk.rowCount = 0;
        },
      });
    };
    host.register(numbers("one"));
    host.register(numbers("two"));
    for (let round = 0; round < 2; round++) {
      await host.use(undefined, (connection) => connection.run("SELECT * FROM one(), two()"));
      host.setDirectories([]);
    }
    expect(() => host.register(numbers("three"))).to.throw("after DuckDB was opened");
    host.close();
  });

  it("interrupts work whose signal fires, and is well after", async () => {
    const host = newHost({ maxConcurrent: 1 });
    const stop = new AbortController();
    const running = host.use(stop.signal, (connection) => {
      stop.abort();
      return connection.run(ENDLESS);
    });
    await kalamError(running, "cancelled");
    await kalamError(
      host.use(stop.signal, async () => undefined),
      "cancelled",
    );
    await host.use(undefined, (connection) => connection.run("SELECT 1"));
    host.close();
  });

  it("refuses work when it is closed; what runs may end", async () => {
    const host = newHost({ maxConcurrent: 1 });
    const busy = await host.acquire(undefined);
    const waiting = host.acquire(undefined);
    host.close();
    await kalamError(waiting, "shutting_down");
    await kalamError(host.acquire(undefined), "shutting_down");
    await busy.run("SELECT 1");
    host.release(busy, true);
    expect(await rejection(busy.run("SELECT 1"))).to.be.instanceOf(Error);
  });

  it("hands on that it cannot be opened, and tries again", () =>
    withFolder(async (base) => {
      const host = newHost({ temporaryDirectory: join(base, "a\0b") });
      for (let round = 0; round < 2; round++) expect(await rejection(host.acquire(undefined))).to.be.instanceOf(Error);
      host.close();
    }));
});
