import type { Config, LoadedConfig } from "../config/index.ts";
import type { Engine } from "../engine/engine.ts";
import type { RegisteredKind } from "../engine/jobs/job-kind.ts";
import { type BuildInfo, readBuildInfo } from "../runtime/build-info.ts";
import { createRuntime } from "../runtime/runtime.ts";
import type { Service } from "../runtime/service.ts";
import { checkJwtSecret, resolveJwtSecret } from "./auth/jwt-secret.ts";
import { Tokens } from "./auth/tokens.ts";
import { engineSettings } from "./engine-settings.ts";
import { HttpServer } from "./http/http-server.ts";
import { openLog, type ServerLog } from "./log-file.ts";
import { waitingLine } from "./waiting-jobs.ts";

export interface ServerOptions {
  /** Gives `root` a new password although it has one. */
  readonly resetRootPassword?: boolean;
  /** Kinds of jobs beside those of the engine. */
  readonly jobKinds?: readonly RegisteredKind[];
}

/** What a start did to the password of `root`. */
export interface RootPasswordChange {
  readonly reset: boolean;
  /** The one that was made; undefined when the configuration gave one. */
  readonly generated: string | undefined;
}

/** How often it is said what the end waits for. */
const TELL_EVERY_MS = 3_000;
const ABANDON_WITHIN_MS = 2_000;
const UNUSED_ROOT_PASSWORD =
  "KALAMDB_ROOT_PASSWORD (auth.root_password) counts only for a new database, and root has another password here; 'kalam serve --reset-root-password' gives root this one";

/**
 * The whole server: HTTP in front, the engine behind.
 *
 *     start: listen ─▶ open the log and the data ─▶ answer         stop: finish what runs ─▶ close the data ─▶ flush the log
 *
 * The port comes first, so that a second start on the same port ends before it touches any file.
 */
export class KalamServer implements Service {
  readonly name = "server";
  readonly build: BuildInfo = readBuildInfo();
  readonly #config: Config;
  readonly #options: ServerOptions;
  readonly #warnings: string[];
  readonly #runtime = createRuntime();
  #log: ServerLog | undefined;
  #http: HttpServer | undefined;
  #engine: Engine | undefined;
  #rootPassword: RootPasswordChange | undefined;
  /** Trouble in the background before there was a log. */
  readonly #early: { readonly what: string; readonly error: unknown }[] = [];

  constructor({ config, warnings }: LoadedConfig, options: ServerOptions = {}) {
    this.#config = config;
    this.#warnings = [...warnings];
    this.#options = options;
  }

  /** @throws KalamError `config_invalid`, `port_taken`, `data_locked`, `data_corrupt`, `driver_unavailable` … */
  async start(): Promise<void> {
    const config = this.#config;
    const weakSecret = checkJwtSecret(config);
    const http = new HttpServer({ config, runtime: this.#runtime, log: lateLog(() => this.#log), build: this.build });
    this.#http = http;
    try {
      await http.start();
      const { Engine } = await import("../engine/engine.ts");
      const report = (what: string, error: unknown): void => this.#report(what, error);
      const jobKinds = this.#options.jobKinds ?? [];
      this.#engine = await Engine.open(engineSettings(config), { runtime: this.#runtime, report, jobKinds });
      this.#log = openLog(config);
      await this.#prepareRoot(this.#engine);
      http.attach({
        executor: this.#engine,
        accounts: this.#engine.accounts,
        tokens: await this.#tokens(this.#engine),
        live: this.#engine.live,
      });
    } catch (error) {
      await this.stop();
      throw error;
    }
    const { log } = this.#log;
    for (const warning of [...this.#warnings, ...(weakSecret === undefined ? [] : [weakSecret])]) log.warn({}, warning);
    for (const { what, error } of this.#early.splice(0)) this.#report(what, error);
    log.info({ url: this.url, version: this.build.version, driver: config["hot_store.driver"] }, "server started");
  }

  /** @param tell is told, again and again, which jobs are waited for */
  async drain(tell: (line: string) => void = () => undefined): Promise<void> {
    await Promise.all([this.#http?.drain(), this.#drainJobs(tell)]);
  }

  /** Gives up on jobs that run: they are marked as failed, as far as that goes in a moment. For a process that is about to end. */
  async abandon(): Promise<void> {
    const reason = "the server was stopped before the job ended";
    await Promise.race([this.#engine?.jobs.abandon(reason), this.#runtime.timers.sleep(ABANDON_WITHIN_MS)]);
    this.#log?.log.warn({}, "server stopped at once");
    this.#log?.close();
  }

  async stop(): Promise<void> {
    await this.#http?.stop();
    await this.#engine?.close();
    this.#log?.log.info({}, "server stopped");
    this.#log?.close();
  }

  /** Where the server listens. */
  get url(): string {
    return this.#http?.url ?? "";
  }

  /** What this start did to the password of `root`; undefined when it left it alone. */
  get rootPassword(): RootPasswordChange | undefined {
    return this.#rootPassword;
  }

  async #drainJobs(tell: (line: string) => void): Promise<void> {
    const jobs = this.#engine?.jobs;
    if (jobs === undefined) return;
    const sayWhich = (): void => {
      const line = waitingLine(jobs.running(), this.#runtime.clock.now());
      if (line === "") return;
      tell(line);
      this.#log?.log.info({}, line);
    };
    const timer = this.#runtime.timers.every(TELL_EVERY_MS, sayWhich);
    sayWhich();
    await jobs.drain();
    timer.cancel();
  }

  #report(what: string, error: unknown): void {
    if (this.#log === undefined) this.#early.push({ what, error });
    else this.#log.log.warn(error === undefined ? {} : { err: error }, what);
  }

  /** Before anybody is answered. */
  async #prepareRoot({ accounts }: Engine): Promise<void> {
    const given = this.#config["auth.root_password"];
    const isNew = await accounts.needsSetup();
    const reset = !isNew && this.#options.resetRootPassword === true;
    if (!isNew && !reset) {
      if (given !== undefined && !(await accounts.isRootPassword(given))) this.#warnings.push(UNUSED_ROOT_PASSWORD);
      return;
    }
    if (isNew && given === undefined && !this.#config["auth.generate_root_password"]) return;
    const password = given ?? Buffer.from(this.#runtime.random.bytes(18)).toString("base64url");
    await (reset ? accounts.replaceRootPassword(password) : accounts.setRootPassword(password));
    this.#rootPassword = { reset, generated: given === undefined ? password : undefined };
  }

  async #tokens(engine: Engine): Promise<Tokens> {
    const config = this.#config;
    return new Tokens(engine.accounts, this.#runtime, {
      secret: await resolveJwtSecret(config, this.#runtime.random),
      expiryHours: config["auth.jwt_expiry_hours"],
      trustedIssuers: config["auth.jwt_trusted_issuers"]
        .split(",")
        .map((issuer) => issuer.trim())
        .filter((issuer) => issuer !== ""),
      cacheEntries: config["auth.token_cache_entries"],
    });
  }
}

/** The HTTP server is there before the log's folder may be made; it has nothing to say until then. */
function lateLog(current: () => ServerLog | undefined) {
  return {
    debug: (fields: object, message: string) => current()?.log.debug(fields, message),
    info: (fields: object, message: string) => current()?.log.info(fields, message),
    warn: (fields: object, message: string) => current()?.log.warn(fields, message),
    error: (fields: object, message: string) => current()?.log.error(fields, message),
    isLevelEnabled: (level: string) => current()?.log.isLevelEnabled(level) ?? false,
  };
}
