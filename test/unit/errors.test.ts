import { readFileSync } from "node:fs";
import { expect } from "chai";
import { errorsDocument } from "../../scripts/errors-document.ts";
import { ERRORS, type ErrorDefinition, type ErrorKey, KalamError, toKalamError } from "../../src/errors/index.ts";

const registry = Object.entries<ErrorDefinition>(ERRORS);
const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

/** Rows of the page as a reader sees them: key → code, status, SQLSTATE. */
function documented(): Map<string, string> {
  const rows = new Map<string, string>();
  let code = "";
  for (const line of page.split("\n")) {
    code = /^## (\w+)$/.exec(line)?.[1] ?? code;
    const row = /^\| `(\w+)` \| (\d+) \| (\w{5}) \| /.exec(line);
    if (row?.[1] === undefined) continue;
    expect(rows.has(row[1]), `${row[1]} stands twice on the page`).to.equal(false);
    rows.set(row[1], `${code} ${row[2]} ${row[3]}`);
  }
  return rows;
}

describe("error registry", () => {
  it("is documented row by row, and the page has no rows of its own", () => {
    const expected = registry.map(
      ([key, { code, status, sqlstate }]) => [key, `${code} ${status} ${sqlstate}`] as const,
    );
    expect(documented()).to.deep.equal(new Map(expected));
  });

  it("is documented word by word", () => {
    expect(page, "run npm run docs").to.equal(errorsDocument());
  });

  it("has sound rows", () => {
    const unsound = registry.filter(
      ([key, { code, status, sqlstate, message, remedy }]) =>
        !/^[a-z][a-z0-9_]*$/.test(key) ||
        !/^([A-Z][A-Z0-9_]*|[a-z][a-z_]*)$/.test(code) ||
        !(status >= 400 && status <= 599) ||
        !/^[0-9A-Z]{5}$/.test(sqlstate) ||
        message === "" ||
        !remedy.endsWith("."),
    );
    expect(unsound).to.deep.equal([]);
  });
});

describe("KalamError", () => {
  it("fills in its message and keeps its cause", () => {
    const cause = new Error("below");
    const error = new KalamError("data_locked", { path: "/data", pid: 7 }, { cause });
    expect(error.message).to.equal("The data folder /data is in use by process 7");
    expect(error.cause).to.equal(cause);
    expect(error.hint).to.equal(ERRORS.data_locked.remedy);
  });

  it("is placed once", () => {
    const error = new KalamError("division_by_zero").at(5);
    expect(error.position).to.equal(5);
    expect(error.at(9).position).to.equal(5);
  });

  it("stands for what is not ours as an internal error", () => {
    const cause = new TypeError("x is undefined");
    const error = toKalamError(cause);
    expect(error.key satisfies ErrorKey).to.equal("internal");
    expect(error.cause).to.equal(cause);
    expect(toKalamError(error)).to.equal(error);
  });
});
