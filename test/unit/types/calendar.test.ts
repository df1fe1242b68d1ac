import { expect } from "chai";
import fc from "fast-check";
import { civilFromDays, daysFromCivil, joinTimestamp, splitTimestamp } from "../../../src/engine/types/calendar.ts";
import { formatTimestamp } from "../../../src/engine/types/temporal-text.ts";

describe("the calendar", () => {
  it("agrees with Date where Date reaches", () => {
    fc.assert(
      fc.property(fc.integer({ min: -99_000_000, max: 99_000_000 }), (days) => {
        const date = new Date(days * 86_400_000);
        const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
        expect(civilFromDays(days)).to.deep.equal(civil);
        expect(daysFromCivil(civil.year, civil.month, civil.day)).to.equal(days);
      }),
      { numRuns: 500 },
    );
  });

  it("agrees with Date on the text of a moment", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (millis) => {
        const expected = new Date(millis)
          .toISOString()
          .replace("T", " ")
          .replace(/\.?0*Z$/, "");
        expect(formatTimestamp(BigInt(millis) * 1000n, false)).to.equal(expected);
      }),
    );
  });

  it("splits moments before 1970 into the day before and a time of it", () => {
    expect(splitTimestamp(-1n)).to.deep.equal({ days: -1, timeOfDay: 86_399_999_999 });
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (micros) => {
        const { days, timeOfDay } = splitTimestamp(micros);
        expect(joinTimestamp(days, timeOfDay)).to.equal(micros);
        expect(timeOfDay).to.be.within(0, 86_399_999_999);
      }),
    );
  });
});
