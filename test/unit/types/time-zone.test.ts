import { expect } from "chai";
import fc from "fast-check";
import { parseIsoTimestamp } from "../../../src/engine/types/iso-timestamp.ts";
import { parseTimestamp } from "../../../src/engine/types/temporal-text.ts";
import { zoneOffsetSeconds } from "../../../src/engine/types/time-zone.ts";

const local = (text: string): bigint => {
  const micros = parseTimestamp(text, false);
  if (typeof micros === "string") throw new Error(micros);
  return micros;
};

describe("time zones", () => {
  it("are offsets", () => {
    for (const [zone, seconds] of [
      ["Z", 0],
      ["utc", 0],
      ["+02", 7200],
      ["-0330", -12600],
      ["+05:45", 20700],
      ["+00:00:30", 30],
    ] as const) {
      expect(zoneOffsetSeconds(zone, 0n), zone).to.equal(seconds);
    }
    for (const zone of ["+16", "+02:60", "nowhere", "Mars/Base", "", "x".repeat(100)]) {
      expect(zoneOffsetSeconds(zone, 0n), zone).to.equal(undefined);
    }
  });

  it("with names follow summer time", () => {
    expect(zoneOffsetSeconds("Europe/Berlin", local("2026-01-15 12:00:00"))).to.equal(3600);
    expect(zoneOffsetSeconds("Europe/Berlin", local("2026-07-15 12:00:00"))).to.equal(7200);
    expect(zoneOffsetSeconds("Europe/Berlin", local("2026-03-29 01:59:59"))).to.equal(3600);
    expect(zoneOffsetSeconds("Europe/Berlin", local("2026-03-29 03:00:00"))).to.equal(7200);
    expect(zoneOffsetSeconds("Europe/Berlin", local("2026-03-29 02:30:00"))).to.equal(3600);
    expect(zoneOffsetSeconds("Europe/Berlin", local("2026-10-25 02:30:00"))).to.equal(3600);
    expect(zoneOffsetSeconds("Asia/Kolkata", local("2026-01-15 12:00:00"))).to.equal(19800);
    expect(zoneOffsetSeconds("Europe/Berlin", local("2026-10-25 04:00:00"))).to.equal(3600);
  });
});

describe("the short way for usual timestamps", () => {
  it("gives what Date gives", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), fc.boolean(), (millis, blank) => {
        const iso = new Date(millis).toISOString();
        expect(parseIsoTimestamp(blank ? iso.replace("T", " ") : iso)).to.equal(BigInt(millis) * 1000n);
        expect(parseTimestamp(iso.slice(0, 19), true)).to.equal(BigInt(Math.floor(millis / 1000)) * 1_000_000n);
      }),
    );
  });

  it("leaves everything else alone", () => {
    for (const text of [
      "",
      "2026-01-31",
      "2026-02-30T12:00:00",
      "2026-01-31T24:00:00",
      "2026-01-31T12:00:00.",
      "2026-01-31T12:00:00.Z",
      "2026-01-31T12:00:00.1234567",
      "2026-01-31T12:00:00+00",
      "2026-01-31T12:00:0x",
      "2026-13-31T12:00:00",
      "0000-01-31T12:00:00",
    ]) {
      expect(parseIsoTimestamp(text), text).to.equal(undefined);
    }
    expect(parseIsoTimestamp("2026-01-31T12:00:00.1")).to.equal(local("2026-01-31 12:00:00.100000"));
  });
});
