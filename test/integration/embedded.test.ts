import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { OPEN_OPTIONS } from "../../src/embedded/options.ts";
import { type OpenOptions, open } from "../../src/index.ts";
import { kalamError } from "../support/rejection.ts";

/** Options as a program without a compiler may pass them. */
const openWith = (options: unknown) => open(options as OpenOptions);

describe("the embedded API", () => {
  it("refuses options that there are not, and values they cannot have", async () => {
    const cases: [unknown, string][] = [
      [{ driver: "rocksdb" }, "option 'driver' must be one of sqlite, memory"],
      [{ driver: "memory", cachBytes: 1 }, "open has no option 'cachBytes'; did you mean 'cacheBytes'?"],
      [{ driver: "memory", path: "./x" }, "open has no option 'path'"],
      [{ driver: "memory", toString: 1 }, "open has no option 'toString'"],
      [{ driver: "memory", maxParameters: "50" }, "option 'maxParameters' must be a whole number from 1 to 65535"],
      [{ driver: "memory", nodeId: 1024 }, "option 'nodeId' must be a whole number from 0 to 1023"],
      [
        { driver: "memory", enforcePasswordComplexity: "yes" },
        "option 'enforcePasswordComplexity' must be true or false",
      ],
      [{ dataDir: 5 }, "option 'dataDir' must be text"],
      ["./data", 'open takes an object such as { dataDir: "./data" }'],
      [null, 'open takes an object such as { dataDir: "./data" }'],
    ];
    for (const [options, reason] of cases) {
      const error = await kalamError(openWith(options), "config_invalid");
      expect(error.message).to.equal(`Configuration error: ${reason}`);
      expect(error.hint).to.equal("docs/embedded.md lists the options.");
    }
  });

  it("takes an option that is undefined as not given", async () => {
    const db = await openWith({ driver: "memory", maxParameters: undefined, dataDir: undefined });
    try {
      expect((await db.query("SELECT $1::int AS a", [1])).rows).to.deep.equal([{ a: 1 }]);
    } finally {
      await db.close();
    }
  });

  it("makes sessions for users and roles that can be", async () => {
    const db = await open({ driver: "memory" });
    try {
      for (const name of ["", "../x", "a/b", 7]) expect(() => db.as(name as string)).to.throw("Invalid user name");
      for (const role of ["admin", "", "anonymous"])
        expect(() => db.as("a", role as "user")).to.throw(`no role '${role}'`);
      expect((await db.as("a", "service").query("SELECT current_role")).rows).to.deep.equal([
        { current_role: "service" },
      ]);
    } finally {
      await db.close();
    }
  });

  it("has all its options on the page", async () => {
    const page = await readFile(new URL("../../docs/embedded.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)` \| (.*) \| (.*) \|$/gm)].map(([, name, value, words]) => [
      name,
      value,
      words,
    ]);
    expect(rows).to.deep.equal(
      Object.entries(OPEN_OPTIONS).map(([name, option]) => [name, shown(option.default), option.description]),
    );
  });
});

function shown(value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number" && value >= 1024 && value % 1024 === 0) return bytes(value);
  return typeof value === "string" ? `\`"${value}"\`` : String(value);
}

function bytes(value: number): string {
  return value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${value / 1024} KiB`;
}
