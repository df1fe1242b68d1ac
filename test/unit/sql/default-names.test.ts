import { expect } from "chai";
import { quoteDefaultNames } from "../../../src/engine/sql/default-names.ts";
import type { CreateTable } from "../../../src/engine/sql/index.ts";
import { visit } from "../../../src/engine/sql/tree.ts";
import { errorOf, loadSqlParser, statementOf } from "./parse.ts";

/** Namespace, name and place of every table that a statement names in its tree. */
function relations(text: string): string[] {
  const found: string[] = [];
  visit(structuredClone(statementOf(text)), (node) => {
    if (typeof node.relname === "string") found.push(`${node.schemaname}.${node.relname}@${node.location ?? 0}`);
  });
  return found.sort();
}

describe("names in the default namespace", () => {
  before(loadSqlParser);

  it("need no quotes where a table may stand", () => {
    const select = "SELECT é.a FROM default.t AS é JOIN Default . u ON é.a = u.a, (SELECT 1 FROM DEFAULT.w) x";
    expect(relations(select)).to.deep.equal([
      `default.t@${select.indexOf("default")}`,
      `default.u@${select.indexOf("Default")}`,
      `default.w@${select.indexOf("DEFAULT")}`,
    ]);
    for (const text of [
      "INSERT INTO default.t VALUES (1)",
      "UPDATE default.t SET a = 1 WHERE true",
      "DELETE FROM default.t WHERE default.t.a = 1",
      "EXPLAIN SELECT * FROM default /* here */ . t",
      "CREATE VIEW default.v AS SELECT default.t.a FROM default.t",
    ]) {
      expect(relations(text).join(" "), text).to.include("default.");
    }
  });

  it("stand in definitions", () => {
    const created = statementOf(
      "CREATE USER TABLE default.t (a INT DEFAULT 1, b TEXT DEFAULT 'default.x')",
    ) as CreateTable;
    expect(created.table).to.deep.equal({ namespace: "default", name: "t", position: 18 });
    expect(created.columns[1]?.position).to.equal(46);
    expect(statementOf("ALTER TABLE default.t ALTER COLUMN a SET DEFAULT .5")).to.deep.include({
      table: { namespace: "default", name: "t", position: 12 },
    });
    expect(statementOf("DROP TABLE default.t, DEFAULT.u")).to.deep.include({
      tables: [
        { namespace: "default", name: "t", position: 11 },
        { namespace: "default", name: "u", position: 22 },
      ],
    });
    expect(statementOf("DESCRIBE default.t")).to.deep.include({
      table: { namespace: "default", name: "t", position: 9 },
    });
  });

  it("leave the keyword, literals and comments alone", () => {
    for (const text of [
      "INSERT INTO t VALUES (DEFAULT, 'default.x')",
      "UPDATE t SET a = DEFAULT WHERE b = $$default.t$$ -- default.t",
      'SELECT "default.t", E\'default.t\' /* default.t */ FROM "default".t',
      "INSERT INTO t DEFAULT VALUES",
      "ALTER TABLE t ALTER a SET DEFAULT .5",
      "SELECT mydefault.t, default1.t",
    ]) {
      expect(quoteDefaultNames(text).text, text).to.equal(text);
    }
  });

  it("keep errors where they are", () => {
    const text = "SELECT '😀' FROM default.t JOIN default.u ON true WHRE a";
    const error = errorOf(text);
    expect([error.message, error.position]).to.deep.equal(['syntax error at or near "WHRE"', text.indexOf("WHRE")]);
    const late = "SELECT default.t.a FROM default.t, default.u WHERE (";
    expect(errorOf(late).position).to.equal(late.length);
  });
});
