const { reporters, Runner } = require("mocha");

/** mocha's dots and summary, then one plain line for machines: "12 passed, 0 failed". */
class PlainSummary extends reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      process.stdout.write(`\n${this.stats.passes} passed, ${this.stats.failures} failed\n`);
    });
  }
}

module.exports = PlainSummary;
