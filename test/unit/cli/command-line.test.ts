import { expect } from "chai";
import { readCommandLine } from "../../../src/cli/command-line.ts";

const COMMANDS = ["sql", "serve", "login", "describe"];
const read = (...args: string[]) => readCommandLine(args, COMMANDS);

describe("command line", () => {
  it("means sql when no command is named", () => {
    for (const args of [[], ["--file", "x.sql"], ["-c", "SELECT 1"], ["-"], ["kalam://host/db"], ["localhost:8080"]]) {
      expect(read(...args)).to.deep.equal({ kind: "run", args: ["sql", ...args] });
    }
  });

  it("leaves commands and help alone", () => {
    for (const args of [["serve", "--port", "1"], ["--help"], ["-h"]]) {
      expect(read(...args)).to.deep.equal({ kind: "run", args });
    }
    expect(read("help", "sql")).to.deep.equal({ kind: "run", args: ["sql", "--help"] });
    expect(read("--version")).to.deep.equal({ kind: "version" });
  });

  it("suggests what a mistyped command may have meant", () => {
    expect(read("sevre")).to.deep.equal({ kind: "unknown", command: "sevre", suggestion: "serve" });
    expect(read("desc")).to.include({ kind: "unknown", suggestion: "describe" });
    expect(read("elephants")).to.include({ kind: "unknown", suggestion: undefined });
  });
});
