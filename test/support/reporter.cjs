const { reporters, Runner } = require("mocha");

const PATIENCE_MILLIS = 20_000;

/**
 * mocha's dots and summary, then one plain line for machines: "12 passed, 0 failed". A process that does not end after
 * that holds something open that a test should have closed; it is ended as a failure and says what it holds.
 */
class PlainSummary extends reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      process.stdout.write(`\n${this.stats.passes} passed, ${this.stats.failures} failed\n`);
      setTimeout(reportLeak, PATIENCE_MILLIS).unref();
    });
  }
}

function reportLeak() {
  process.stderr.write(`The tests left something open: ${process.getActiveResourcesInfo().join(", ")}\n`);
  // mocha sets its own code while the process ends; the last one counts.
  process.once("exit", () => {
    process.exitCode = 1;
  });
  process.exit();
}

module.exports = PlainSummary;
