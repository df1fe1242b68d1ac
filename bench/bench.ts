import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { LoadGenerator } from "./load/load-generator.ts";
import type { Options } from "./options.ts";
import { BUILT_LAUNCHER, KalamServer, type ServerOptions } from "./peers/kalam-server.ts";
import { Postgres } from "./peers/postgres.ts";
import { INSTALL_HINT } from "./peers/postgres-binaries.ts";
import type { Resources } from "./process/resources.ts";
import type { Measurement } from "./report/measurement.ts";

const TMPFS_MAGIC = 0x01021994;

/** What the subjects measure with: servers, load, folders. */
export class Bench {
  readonly options: Options;
  readonly resources: Resources;
  readonly load: LoadGenerator;
  /** Names and versions of the peers that took part. */
  readonly versions: Record<string, string> = {};
  readonly launcher: readonly string[];
  readonly #base: string;
  #postgres: Promise<Postgres | undefined> | undefined;

  constructor(options: Options, resources: Resources, base: string) {
    this.options = options;
    this.resources = resources;
    this.load = new LoadGenerator(resources);
    this.launcher = options.launcher === undefined ? BUILT_LAUNCHER : [options.launcher];
    this.#base = base;
  }

  static async open(options: Options, resources: Resources): Promise<Bench> {
    const base = await resources.folder(await diskFolder(options.dir), "kalamdb-bench-");
    return new Bench(options, resources, base);
  }

  say(line: string): void {
    console.log(line);
  }

  folder(prefix: string): Promise<string> {
    return this.resources.folder(this.#base, prefix);
  }

  /** A fresh server, on an empty data folder where none is named. */
  async startKalam(options: Partial<Pick<ServerOptions, "dataDir" | "env" | "probed">> = {}): Promise<KalamServer> {
    const home = await this.folder("home-");
    const dataDir = options.dataDir ?? `${await this.folder("kalam-")}/data`;
    return KalamServer.start(this.resources, { launcher: this.launcher, home, ...options, dataDir });
  }

  /** One PostgreSQL for the whole run; undefined, after a line that says why, where there is none. */
  postgres(): Promise<Postgres | undefined> {
    this.#postgres ??= Postgres.start(this.resources, this.#base).then((postgres) => {
      if (postgres === undefined) this.say(INSTALL_HINT);
      else this.versions.PostgreSQL = postgres.version;
      return postgres;
    });
    return this.#postgres;
  }
}

/** One thing that is measured. */
export interface Subject {
  readonly name: string;
  readonly about: string;
  /** Gives each measurement as soon as it is made. */
  run(bench: Bench): AsyncIterable<Measurement>;
}

/** A write that ends in a memory file system proves nothing about durable writes. */
async function diskFolder(wanted: string | undefined): Promise<string> {
  const folder = wanted ?? tmpdir();
  if ((await statfs(folder)).type !== TMPFS_MAGIC) return folder;
  if (wanted !== undefined) throw new Error(`--dir ${wanted} is a memory file system; durable writes need a disk`);
  return "/var/tmp";
}
