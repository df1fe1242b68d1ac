import fc from "fast-check";

/**
 * Properties draw the same values in every short run, so that a change is judged by the change and not by luck. The long form
 * draws new ones each time, or those of `KALAMDB_TEST_SEED`.
 */
const given = process.env.KALAMDB_TEST_SEED;
if (given !== undefined) fc.configureGlobal({ seed: Number(given) });
else if (process.env.KALAMDB_TEST_LONG === undefined) fc.configureGlobal({ seed: 20_261_121 });
