import { Bench, type Subject } from "./bench.ts";
import { buildIfNeeded } from "./build.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { Resources } from "./process/resources.ts";
import { measurementLines } from "./report/console.ts";
import { type Measurement, type Verdict, verdict } from "./report/measurement.ts";
import { describeRun, type Results } from "./report/results.ts";
import { saveToDocs, writeLatest } from "./report/save.ts";
import { SUBJECTS } from "./subjects/index.ts";

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

function chosen(options: Options): readonly Subject[] {
  const unknown = options.only.filter((name) => !SUBJECTS.some((subject) => subject.name === name));
  const names = SUBJECTS.map(({ name }) => name).join(", ");
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(", ")}: there are ${names}`);
  return SUBJECTS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
}

async function measure(options: Options, resources: Resources): Promise<Results> {
  const subjects = chosen(options);
  const bench = await Bench.open(options, resources);
  if (options.launcher === undefined) buildIfNeeded();
  const description = await describeRun(options, {});
  const { machine } = description;
  bench.say(`${machine.cores} × ${machine.processor}, load ${machine.loadAverage}, commit ${description.commit}`);
  const measurements: Measurement[] = [];
  for (const subject of subjects) {
    bench.say(`\n${subject.name}: ${subject.about}`);
    for await (const measurement of subject.run(bench)) {
      measurements.push(measurement);
      for (const line of measurementLines(measurement)) bench.say(`  ${line}`);
    }
  }
  return { ...description, versions: { ...description.versions, ...bench.versions }, measurements };
}

function conclude(results: Results): void {
  const all = (wanted: Verdict): Measurement[] => results.measurements.filter((each) => verdict(each) === wanted);
  const [met, missed, unmeasured] = [all("met"), all("missed"), all("not measured")];
  console.log(`\nTargets: ${met.length} met, ${missed.length} missed, ${unmeasured.length} not measured`);
  for (const { title } of missed) console.log(`  missed: ${title}`);
  for (const { title } of unmeasured) console.log(`  not measured: ${title}`);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(HELP);
  if (options.list) return console.log(SUBJECTS.map(({ name, about }) => `${name.padEnd(12)} ${about}`).join("\n"));

  const resources = new Resources();
  let interrupted = false;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (interrupted) return;
      interrupted = true;
      console.error(`\n${signal}: stopping what was started …`);
      void resources.close().finally(() => process.exit(code));
    });
  }
  try {
    const results = await measure(options, resources).catch((error: unknown) => {
      // What was stopped under its hands makes it fail: that is no news.
      if (interrupted) return new Promise<never>(() => {});
      throw error;
    });
    conclude(results);
    console.log(`Written to ${await writeLatest(results)}`);
    if (options.save) {
      await saveToDocs(results);
      console.log("Written to docs/performance.json and docs/performance.md");
    }
  } finally {
    await resources.close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`Error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
