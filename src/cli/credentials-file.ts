import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "smol-toml";
import { CliError } from "./cli-error.ts";
import { sameServer } from "./connection/target.ts";
import { EXIT } from "./exit-codes.ts";

export const LOCAL_INSTANCE = "local";
/** A server that had the place of `local` before, at the same URL: found by this name only. */
export const PREVIOUS_INSTANCE = "local-previous";

/** `[instances.<name>]`. Times are RFC 3339. */
export interface StoredInstance {
  readonly server_url?: string;
  readonly user?: string;
  /** Only for the server that was first started on this machine. */
  readonly password?: string;
  readonly jwt_token?: string;
  readonly expires_at?: string;
  readonly refresh_token?: string;
  readonly refresh_expires_at?: string;
}

const KEYS = [
  "server_url",
  "user",
  "password",
  "jwt_token",
  "expires_at",
  "refresh_token",
  "refresh_expires_at",
] as const;
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** `~/.kalam/credentials.toml`, or what KALAMDB_CREDENTIALS_PATH names. */
export function credentialsPath(env: NodeJS.ProcessEnv = process.env): string {
  const named = env.KALAMDB_CREDENTIALS_PATH;
  return named === undefined || named === "" ? join(homedir(), ".kalam", "credentials.toml") : named;
}

/**
 * Tokens (and the password of the local server) by instance. The file is readable by its owner alone, and repaired when it is
 * not. It is replaced in one step, so that a reader never sees a half of it.
 */
export class CredentialsFile {
  readonly path: string;

  constructor(path = credentialsPath()) {
    this.path = path;
  }

  /** @throws CliError when the file cannot be read or is no TOML. */
  async read(): Promise<ReadonlyMap<string, StoredInstance>> {
    let text: string;
    try {
      const { mode } = await stat(this.path);
      if (process.platform !== "win32" && (mode & OTHERS) !== 0) await chmod(this.path, OWNER_ONLY);
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
      throw this.#unusable(error);
    }
    try {
      return readInstances(parse(text));
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  async get(name: string): Promise<StoredInstance | undefined> {
    return (await this.read()).get(name);
  }

  async set(name: string, instance: StoredInstance): Promise<void> {
    await this.write(new Map(await this.read()).set(name, instance));
  }

  /** @returns whether there was one. */
  async delete(name: string): Promise<boolean> {
    const instances = new Map(await this.read());
    if (!instances.delete(name)) return false;
    await this.write(instances);
    return true;
  }

  async write(instances: ReadonlyMap<string, StoredInstance>): Promise<void> {
    const text = stringify({ instances: Object.fromEntries([...instances].map(([name, one]) => [name, { ...one }])) });
    const temporary = `${this.path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      await rm(temporary, { force: true });
      await writeFile(temporary, text, { mode: OWNER_ONLY, flag: "wx", flush: true });
      await rename(temporary, this.path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw this.#unusable(error);
    }
  }

  #unusable(cause: unknown): CliError {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    return new CliError(
      `Cannot use the credentials in ${this.path}: ${reason}`,
      EXIT.usage,
      "Correct or remove the file, or name another one in KALAMDB_CREDENTIALS_PATH.",
    );
  }
}

function readInstances(document: Record<string, unknown>): ReadonlyMap<string, StoredInstance> {
  const instances = document.instances;
  if (typeof instances !== "object" || instances === null) return new Map();
  return new Map(
    Object.entries(instances).map(([name, fields]) => {
      const source = fields as Record<string, unknown>;
      return [
        name,
        Object.fromEntries(KEYS.flatMap((key) => (typeof source[key] === "string" ? [[key, source[key]]] : []))),
      ];
    }),
  );
}

export interface LocalCredentials {
  readonly serverUrl: string;
  readonly user: string;
  readonly password: string;
}

/**
 * Keeps the password that a server made up on its first run, so that `kalam sql` on the same machine connects without a question.
 * The newest server is `local`. Another one that was `local` before stays reachable by its URL, as `local-<port>`; one that
 * listened on the same port but had another data folder, as `--profile local-previous`.
 *
 * @returns the path of the file.
 */
export async function saveLocalCredentials(
  { serverUrl, user, password }: LocalCredentials,
  file = new CredentialsFile(),
): Promise<string> {
  const instances = new Map(await file.read());
  const former = instances.get(LOCAL_INSTANCE);
  if (former?.server_url !== undefined && former.password !== password) {
    const port = URL.canParse(former.server_url) ? new URL(former.server_url).port : "";
    const sameUrl = sameServer(former.server_url, serverUrl);
    instances.set(sameUrl ? PREVIOUS_INSTANCE : `${LOCAL_INSTANCE}-${port || "80"}`, former);
  }
  instances.set(LOCAL_INSTANCE, { server_url: serverUrl, user, password });
  await file.write(instances);
  return file.path;
}
