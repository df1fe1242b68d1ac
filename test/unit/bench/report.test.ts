import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { number, peerTexts, targetText } from "../../../bench/report/format.ts";
import { performancePage } from "../../../bench/report/markdown.ts";
import { figureOf, type Measurement, verdict } from "../../../bench/report/measurement.ts";

const measurement: Measurement = {
  subject: "insert",
  title: "INSERT",
  unit: "requests/s",
  kalam: figureOf([650, 700, 9000]),
  peers: [
    { peer: "A", figure: figureOf([1000]) },
    { peer: "B", figure: undefined },
  ],
};

describe("the benchmark's report", () => {
  it("takes the median of the rounds, and the latencies of that round", () => {
    expect(figureOf([3, 1, 2], [{ p50: 30 }, { p50: 10 }, { p50: 20 }])).to.deep.equal({
      median: 2,
      rounds: [3, 1, 2],
      latency: { p50: 20 },
    });
    expect(figureOf([4, 1]).median).to.equal(2.5);
  });

  it("says whether a target was met, missed or not measured", () => {
    const against = (peer: string, atLeast: number) =>
      verdict({ ...measurement, target: { kind: "ratio", peer, atLeast } });
    expect(against("A", 0.7)).to.equal("met");
    expect(against("A", 0.71)).to.equal("missed");
    expect(against("B", 0.1)).to.equal("not measured");
    expect(verdict({ ...measurement, target: { kind: "limit", atMost: 699 } })).to.equal("missed");
    expect(verdict(measurement)).to.equal("no target");
  });

  it("writes numbers, ratios and targets for people", () => {
    expect([12345.6, 999.5, 56.78, 0.416].map(number)).to.deep.equal(["12 346", "1 000", "56.8", "0.42"]);
    expect(peerTexts(measurement)).to.deep.equal(["**0.70** × A (1 000)", "B: not measured"]);
    expect(targetText({ ...measurement, target: { kind: "ratio", peer: "A", atLeast: 0.7 } })).to.equal("≥ 0.7 × A");
  });

  it("made docs/performance.md from docs/performance.json", async function () {
    const saved = new URL("../../../docs/performance.json", import.meta.url);
    if (!existsSync(saved)) this.skip();
    const page = await readFile(new URL("../../../docs/performance.md", import.meta.url), "utf8");
    expect(page).to.equal(performancePage(JSON.parse(await readFile(saved, "utf8"))));
  });
});
