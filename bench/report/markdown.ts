import { latencyText, peerTexts, targetText, verdictText, withUnit } from "./format.ts";
import type { Results } from "./results.ts";

const LIVE_METHOD = `- Bare \`ws\` is a server that sends what is posted to it to every client; with LISTEN/NOTIFY, what PostgreSQL notifies. The clients
  of live queries look at the header of each frame and count. A rate of messages is that of messages received by all of them
  together; a latency begins when the INSERT is sent, and includes its way to the disk.
`;

const COLD_METHOD = `- A flush is timed from its statement to the end of its job, with the rows in the hot store on the disk before; its peer writes
  the same rows from a table in memory. Each round begins with a copy of the data folder. DuckDB beside cold rows reads the same files.
`;

/** `docs/performance.md` from the saved results. */
export function performancePage(results: Results): string {
  const { machine, versions } = results;
  const live = results.measurements.some(({ subject }) => subject.startsWith("live-"));
  const cold = results.measurements.some(({ subject }) => subject.startsWith("cold-"));
  const rows = results.measurements.map((each) =>
    [
      each.title,
      withUnit(each.kalam.median, each.unit),
      latencyText(each),
      peerTexts(each).join("<br>"),
      targetText(each),
      verdictText(each),
    ].join(" | "),
  );
  return `# Performance

<!-- Made by \`npm run bench -- --save\` from performance.json. Do not edit. -->

What \`npm run bench\` measured, in one run on one machine, KalamDB and its peers in alternation. Figures of one machine
say little about another; the ratios say more. Rates above 1 × a peer are better than the peer; for memory and times,
less is better.

| what | KalamDB | latency p50 / p95 / p99, ms | beside its peers | target | |
| --- | ---: | ---: | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join("\n")}

## How it is measured

- The server is started as a user starts it, \`kalam serve\` with an empty data folder and default settings; only the rate
  limit is lifted. It talks HTTP with JSON; a load generator in a process of its own keeps 1, 10 or 64 connections busy,
  each with one request at a time, and checks every answer. One wrong answer fails the run.
- A write is acknowledged when it is on disk, here as in PostgreSQL (\`fsync\` and \`synchronous_commit\` on, all other
  settings as installed). PostgreSQL is driven by \`pgbench\` over loopback TCP with the same statements, once prepared
  (\`-M prepared\`) and once as plain text (\`-M simple\`).
- \`node:http\` is a server that reads the request and answers the same bytes without doing anything: the limit for a
  server on Node.
- DuckDB alone runs the query in its own process, on its own table, without a server.
${live ? LIVE_METHOD : ""}- Reads and aggregates are over 100 000 rows (500 conversations of 200 messages) that have not been flushed.
${cold ? COLD_METHOD : ""}- Each figure is the median of ${results.rounds} rounds of ${results.seconds} s, after a warm-up. The load generator shares
  the machine with what it measures.
- Memory is what is resident (\`VmRSS\`); of PostgreSQL, shared pages count once (PSS).

## Machine

| | |
| --- | --- |
| processor | ${machine.cores} × ${machine.processor} |
| memory | ${machine.memoryGiB} GiB |
| kernel | ${machine.kernel} |
| load before | ${machine.loadAverage} |
${Object.entries(versions)
  .map(([name, version]) => `| ${name} | ${version} |`)
  .join("\n")}
| commit | ${results.commit} |
| date | ${results.date.slice(0, 10)} |
`;
}
