import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench, Subject } from "../bench.ts";
import { serverEnvironment } from "../peers/kalam-server.ts";
import { figureOf, type Measurement } from "../report/measurement.ts";

const run = promisify(execFile);
const MAX_HEALTH_SECONDS = 1.5;
const MAX_VERSION_SECONDS = 0.4;

/** From nothing to the first good answer, on an empty data folder. */
async function startTimes(bench: Bench, times: number): Promise<Measurement> {
  const seconds: number[] = [];
  for (let n = 0; n < times; n++) {
    const server = await bench.startKalam();
    seconds.push(server.secondsToHealth);
    await server.stop();
  }
  const postgres = await bench.postgres();
  return {
    subject: "start",
    title: "`kalam serve` to the first answer of `/health`",
    unit: "s",
    kalam: figureOf(seconds),
    peers: [{ peer: "PostgreSQL", figure: postgres && figureOf([postgres.secondsToStart]) }],
    target: { kind: "limit", atMost: MAX_HEALTH_SECONDS },
  };
}

async function versionTimes(bench: Bench, times: number): Promise<Measurement> {
  const postgres = await bench.postgres();
  const env = serverEnvironment({ home: await bench.folder("home-") });
  const commands: Record<string, readonly [string, readonly string[]]> = {
    kalam: [process.execPath, [...bench.launcher, "--version"]],
    "node -e 0": [process.execPath, ["-e", "0"]],
    ...(postgres && { "psql --version": [postgres.psqlPath, ["--version"]] as const }),
  };
  const seconds = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  for (let n = 0; n < times; n++) {
    for (const [name, [file, args]] of Object.entries(commands)) {
      const begin = performance.now();
      await run(file, args, { env });
      seconds.get(name)?.push((performance.now() - begin) / 1000);
    }
  }
  const figure = (name: string) => {
    const rounds = seconds.get(name);
    return rounds && figureOf(rounds);
  };
  return {
    subject: "start",
    title: "`kalam --version`",
    unit: "s",
    kalam: figureOf(seconds.get("kalam") ?? []),
    peers: ["node -e 0", "psql --version"].map((peer) => ({ peer, figure: figure(peer) })),
    target: { kind: "limit", atMost: MAX_VERSION_SECONDS },
  };
}

export const start: Subject = {
  name: "start",
  about: "time of `kalam serve` to the first answer, and of `kalam --version`",
  async *run(bench) {
    const times = bench.options.quick ? 3 : 7;
    yield await startTimes(bench, times);
    yield await versionTimes(bench, times);
  },
};
