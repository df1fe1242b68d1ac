import { expect } from "chai";
import { ManualClock } from "../../../src/runtime/clock.ts";
import { ConnectionGuard } from "../../../src/server/limits/connection-guard.ts";
import { TokenBuckets } from "../../../src/server/limits/token-buckets.ts";
import { loggable } from "../../../src/server/log.ts";

describe("token buckets", () => {
  it("give the rate at once, and refill by it", () => {
    const clock = new ManualClock();
    const buckets = new TokenBuckets(clock, 2);
    const take = (): boolean[] => [buckets.take("a"), buckets.take("a"), buckets.take("a")];
    expect(take()).to.deep.equal([true, true, false]);
    clock.advance(500);
    expect(take()).to.deep.equal([true, false, false]);
    clock.advance(60_000);
    expect(take()).to.deep.equal([true, true, false]);
    expect(buckets.take("b")).to.equal(true);
  });

  it("keep no more keys than allowed", () => {
    const buckets = new TokenBuckets(new ManualClock(), 1, 2);
    for (const key of ["a", "b", "c"]) expect(buckets.take(key)).to.equal(true);
    expect(buckets.take("c")).to.equal(false);
    expect(buckets.take("a")).to.equal(true);
  });
});

describe("the connection guard", () => {
  it("counts the connections of an address", () => {
    const guard = new ConnectionGuard(new ManualClock(), { requestsPerSecond: 1, connections: 2, banSeconds: 1 });
    expect([guard.connected("a"), guard.connected("a"), guard.connected("a"), guard.connected("b")]).to.deep.equal([
      true,
      true,
      false,
      true,
    ]);
    guard.disconnected("a");
    expect(guard.connected("a")).to.equal(true);
  });

  it("bans for longer the more often it has to, up to six times", () => {
    const clock = new ManualClock();
    const guard = new ConnectionGuard(clock, { requestsPerSecond: 1, connections: 1, banSeconds: 10 });
    const bans: number[] = [];
    for (let i = 0; i < 200; i++) {
      const verdict = guard.request("a");
      if (verdict.allow || !verdict.banned) continue;
      bans.push(verdict.retryAfter);
      clock.advance(verdict.retryAfter * 1000);
      guard.request("a");
    }
    expect(bans[0]).to.equal(10);
    expect(Math.max(...bans)).to.equal(60);
  });
});

describe("statements in the log", () => {
  it("lose everything between their quotes", () => {
    const rows: [string, string][] = [
      ["SELECT 1", "SELECT 1"],
      ["CREATE USER a WITH PASSWORD 'x' ROLE user", "CREATE USER a WITH PASSWORD '…' ROLE user"],
      ["a 'x\\' b 'secret' c", "a '…' c"],
      ["a $t$se'cret$t$ b", "a '…' b"],
      ["a $1 b", "a $1 b"],
    ];
    for (const [sql, shown] of rows) expect(loggable(sql)).to.equal(shown);
    expect(loggable("x".repeat(2000)).length).to.equal(500);
  });
});
