import { Writable } from "node:stream";
import { expect } from "chai";
import { Output } from "../../../src/cli/output.ts";
import { cutTo, displayWidth, fitWidths, printable } from "../../../src/cli/render/cell-layout.ts";
import { createResultWriter, type Presentation } from "../../../src/cli/render/index.ts";
import { valueText } from "../../../src/cli/render/value-text.ts";
import type { Cell, SchemaField, WireType } from "../../../src/client/index.ts";

class Collector extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

const PLAIN: Presentation = { format: "table", expanded: "auto", timing: true, color: false, quiet: false };

async function render(
  schema: readonly (readonly [string, WireType])[],
  rows: readonly (readonly Cell[])[],
  presentation: Partial<Presentation> = {},
  terminal?: { columns: number },
): Promise<string> {
  const stream = new Collector();
  const output = new Output(terminal === undefined ? stream : Object.assign(stream, { isTTY: true, ...terminal }));
  const writer = createResultWriter(output, { ...PLAIN, ...presentation }, "root");
  writer.begin(schema.map(([name, data_type], index): SchemaField => ({ name, data_type, index })));
  await writer.rows(rows);
  await writer.end({ row_count: rows.length, as_user: "root" });
  await writer.finish(1.234);
  return stream.text;
}

async function renderMessage(presentation: Partial<Presentation> = {}, asUser = "root"): Promise<string> {
  const stream = new Collector();
  const writer = createResultWriter(new Output(stream), { ...PLAIN, ...presentation }, "root");
  await writer.end({ row_count: 2, message: "Inserted 2 row(s)", as_user: asUser });
  await writer.finish(0.5);
  return stream.text;
}

const lines = (...text: string[]) => `${text.join("\n")}\n`;

describe("value text", () => {
  it("shows times as PostgreSQL does", () => {
    const shown = (cell: Exclude<Cell, null>, type: WireType) => valueText(cell, type);
    expect(shown(1769860800123456, "Timestamp")).to.equal("2026-01-31 12:00:00.123456");
    expect(shown(1769860800500000, "DateTime")).to.equal("2026-01-31 12:00:00.5+00");
    expect(shown("-62135596800000001", "DateTime")).to.equal("0001-12-31 23:59:59.999999+00 BC");
    expect(shown(1769860800000000, "Timestamp")).to.equal("2026-01-31 12:00:00");
    expect(shown(-1, "Timestamp")).to.equal("1969-12-31 23:59:59.999999");
    expect(shown("253402300799999999", "Timestamp")).to.equal("9999-12-31 23:59:59.999999");
    expect(shown(20484, "Date")).to.equal("2026-01-31");
    expect(shown(-1, "Date")).to.equal("1969-12-31");
    expect(shown(-719529, "Date")).to.equal("0002-12-31 BC");
    expect(shown(86_399_999_999, "Time")).to.equal("23:59:59.999999");
    expect(shown("infinity", "Timestamp")).to.equal("infinity");
  });

  it("shows every other type without loss", () => {
    expect(valueText("9007199254740993", "BigInt")).to.equal("9007199254740993");
    expect(valueText("-0.50", { Decimal: { precision: 10, scale: 2 } })).to.equal("-0.50");
    expect(valueText([1, 255], "Bytes")).to.equal("\\x01ff");
    expect(valueText([0.5, 1], { Embedding: 2 })).to.equal("[0.5,1]");
    expect(valueText("[1, 2]", "Json")).to.equal("[1, 2]");
    expect(valueText(false, "Boolean")).to.equal("false");
    expect(valueText(0.1, "Double")).to.equal("0.1");
    expect(valueText(0.10000000149011612, "Float")).to.equal("0.1");
    expect(valueText(Math.fround(16777217.5), "Float")).to.equal("16777218");
  });
});

describe("array text", () => {
  const shown = (cell: Exclude<Cell, null>) => valueText(cell, "Text");

  it("is written as PostgreSQL writes it", () => {
    expect(shown(["a", "b"])).to.equal("{a,b}");
    expect(shown(["1", null, "NULL", ""])).to.equal('{1,NULL,"NULL",""}');
    expect(shown(["a b", "c,d", 'e"f', "g\\h", "{i}"])).to.equal('{"a b","c,d","e\\"f","g\\\\h","{i}"}');
    expect(shown([[1, 2], []])).to.equal("{{1,2},{}}");
  });
});

describe("table", () => {
  it("draws boxes, numbers to the right, and a footer", async () => {
    expect(
      await render(
        [
          ["id", "BigInt"],
          ["name", "Text"],
        ],
        [
          ["1", "alice"],
          ["22", null],
        ],
      ),
    ).to.equal(
      lines(
        "┌────┬───────┐",
        "│ id │ name  │",
        "├────┼───────┤",
        "│  1 │ alice │",
        "│ 22 │ NULL  │",
        "└────┴───────┘",
        "(2 rows)",
        "",
        "Took: 1.234 ms",
      ),
    );
  });

  it("keeps its shape without rows", async () => {
    expect(await render([["id", "Int"]], [], { timing: false })).to.equal(
      lines("┌────┐", "│ id │", "├────┤", "└────┘", "(0 rows)"),
    );
  });

  it("counts columns of the screen, not characters, and gives lines of a text their own lines", async () => {
    expect(
      await render(
        [
          ["t", "Text"],
          ["n", "Int"],
        ],
        [["日本\n👩‍👩‍👧", 1]],
        { timing: false },
      ),
    ).to.equal(
      lines(
        "┌──────┬───┐",
        "│ t    │ n │",
        "├──────┼───┤",
        "│ 日本 │ 1 │",
        "│ 👩‍👩‍👧   │   │",
        "└──────┴───┘",
        "(1 row)",
      ),
    );
  });

  it("never lets stored text steer the terminal", async () => {
    expect(printable("a\u001b[2Jb\u202ec\td")).to.equal("a\\x1b[2Jb\\u202ec\\td");
    expect(await render([["\u001b]0;x\u0007", "Text"]], [["\u009b31m"]])).to.not.match(/(?!\n)\p{Cc}/u);
  });

  it("goes on when rows are wider than the ones that decided the widths", async () => {
    const rows = Array.from({ length: 1500 }, (_, index) => [index === 1400 ? "long text" : "x"]);
    const text = await render([["t", "Text"]], rows, { timing: false });
    expect(text.match(/│ x │/g)).to.have.length(1499);
    expect(text).to.include("│ long text │\n").and.include("(1500 rows)");
  });

  it("cuts to the screen on a terminal only", async () => {
    const row = ["x".repeat(50), "y".repeat(50)];
    const text = await render(
      [
        ["a", "Text"],
        ["b", "Text"],
      ],
      [row],
      { timing: false },
      { columns: 60 },
    );
    for (const line of text.split("\n")) expect(displayWidth(line)).to.be.at.most(60);
    expect(text).to.include("...");
    expect(
      await render(
        [
          ["a", "Text"],
          ["b", "Text"],
        ],
        [row],
      ),
    )
      .to.include("x".repeat(50))
      .and.include("y".repeat(50));
    expect(fitWidths([40, 5, 5], 80)).to.deep.equal([40, 5, 5]);
    expect(cutTo("日本語日本語", 8)).to.equal("日本...");
  });

  it("dims NULL when there are colours", async () => {
    expect(await render([["a", "Text"]], [[null]], { color: true })).to.include("│ \u001b[2mNULL\u001b[22m │");
  });

  it("shows what a statement says, and on whose rows", async () => {
    expect(await renderMessage()).to.equal(lines("Inserted 2 row(s)", "", "Took: 0.500 ms"));
    expect(await renderMessage({}, "alice")).to.include("\n\nAs: alice\nTook: 0.500 ms\n");
    expect(await renderMessage({ quiet: true })).to.equal("");
  });

  it("shows one column a line when expanded", async () => {
    expect(
      await render(
        [
          ["id", "Int"],
          ["name", "Text"],
        ],
        [[1, "a\nb"]],
        { expanded: "on", timing: false },
      ),
    ).to.equal(lines("─[ RECORD 1 ]────────────────────", "id   │ 1", "name │ a", "     │ b", "(1 row)"));
  });
});

describe("expanded auto", () => {
  const wide = Array.from({ length: 12 }, (_, index) => [`c${index}`, "Int"] as const);
  const row = wide.map((_, index) => index);

  it("shows one column a line where a terminal has no room for the columns", async () => {
    expect(await render(wide, [row], {}, { columns: 80 })).to.include("c11 │ 11\n");
    expect(await render(wide, [row], {}, { columns: 120 })).to.include("│ c11 │");
    expect(await render(wide, [row], { expanded: "off" }, { columns: 80 })).to.include("│ c11 │");
  });

  it("leaves everything but terminals alone", async () => {
    expect(await render(wide, [row])).to.include("│ c11 │");
  });
});

describe("CSV", () => {
  it("quotes by RFC 4180; NULL is nothing, the empty string is quoted", async () => {
    const text = await render(
      [
        ["a,b", "Text"],
        ["at", "Timestamp"],
      ],
      [
        ['say "hi"\n', 0],
        ["", null],
        [null, 1],
      ],
      { format: "csv" },
    );
    expect(text).to.equal(
      lines('"a,b",at', '"say ""hi""', '",1970-01-01 00:00:00', '"",', ",1970-01-01 00:00:00.000001"),
    );
  });

  it("says nothing about statements without rows", async () => {
    expect(await renderMessage({ format: "csv" })).to.equal("");
    expect(await renderMessage({ format: "ndjson" })).to.equal("");
  });
});

describe("JSON", () => {
  it("is the server's response, indented as JSON.stringify does", async () => {
    const text = await render([["id", "BigInt"]], [["1"], [null]], { format: "json" });
    const schema = [{ name: "id", data_type: "BigInt", index: 0 }];
    const results = [{ schema, rows: [["1"], [null]], row_count: 2, as_user: "root" }];
    expect(text).to.equal(`${JSON.stringify({ status: "success", results, took: 1.234 }, null, 2)}\n`);
  });

  it("is one document also without rows and without results", async () => {
    expect(JSON.parse(await render([["id", "Int"]], [], { format: "json" })).results[0].rows).to.deep.equal([]);
    expect(JSON.parse(await renderMessage({ format: "json" }))).to.deep.equal({
      status: "success",
      results: [{ row_count: 2, message: "Inserted 2 row(s)", as_user: "root" }],
      took: 0.5,
    });
  });

  it("is one object a line as ndjson", async () => {
    expect(
      await render(
        [
          ["id", "Int"],
          ["t", "Text"],
        ],
        [
          [1, "a\nb"],
          [2, null],
        ],
        { format: "ndjson" },
      ),
    ).to.equal(lines('{"id":1,"t":"a\\nb"}', '{"id":2,"t":null}'));
  });
});
