import { readFile } from "node:fs/promises";
import { CliError } from "../cli-error.ts";
import { type CredentialsFile, LOCAL_INSTANCE, PREVIOUS_INSTANCE, type StoredInstance } from "../credentials-file.ts";
import { EXIT } from "../exit-codes.ts";
import { DEFAULT_PORT, parseTarget, sameServer, type Target } from "./target.ts";

/** What the command line says about the connection; everything may be missing. */
export interface ConnectionFlags {
  readonly connection?: string | undefined;
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly profile?: string | undefined;
  readonly namespace?: string | undefined;
}

export interface ConnectionSettings {
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly namespace: string | undefined;
  /** The stored instance that belongs to this server and user. */
  readonly profile: { readonly name: string; readonly stored: StoredInstance } | undefined;
  /** Where tokens of a login would be kept. */
  readonly profileName: string;
}

/**
 * Puts together what is known, the nearest source first: flags, the connection string, the environment, a stored profile (named,
 * or kept for the same URL), the local default.
 *
 * @throws CliError (usage)
 */
export async function resolveConnection(
  flags: ConnectionFlags,
  file: CredentialsFile,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ConnectionSettings> {
  const instances = await file.read();
  // A plain word is the name of a profile, never a host: a mistyped one must not be looked up in the network.
  const isWord =
    flags.connection !== undefined && /^[\w-]+$/.test(flags.connection) && flags.connection !== "localhost";
  const named = isWord ? flags.connection : undefined;
  const target: Target | undefined =
    flags.connection === undefined || named !== undefined ? undefined : parseTarget(flags.connection);
  const profileFlag = flags.profile ?? named ?? variable(env, "PROFILE");
  const given = givenUrl(flags, target) ?? (profileFlag === undefined ? environmentUrl(env) : undefined);
  const requested = profileFlag === undefined ? undefined : instances.get(profileFlag);
  if (profileFlag !== undefined && requested === undefined && given === undefined && profileFlag !== LOCAL_INSTANCE) {
    throw new CliError(
      `There is no profile '${profileFlag}' in ${file.path}`,
      EXIT.usage,
      `Make it with: kalam login --profile ${profileFlag} --url …`,
    );
  }
  const url =
    given?.url ?? (requested ?? instances.get(LOCAL_INSTANCE))?.server_url ?? `http://localhost:${DEFAULT_PORT}`;
  const user = flags.user ?? given?.user ?? variable(env, "USER");
  const profile =
    profileFlag === undefined
      ? storedFor(url, user, instances)
      : requested !== undefined && belongs(requested, url, user)
        ? { name: profileFlag, stored: requested }
        : undefined;
  return {
    url,
    user,
    password: flags.password ?? given?.password ?? variable(env, "PASSWORD") ?? (await passwordFile(env)),
    token: flags.token ?? (flags.user === undefined ? variable(env, "TOKEN") : undefined),
    namespace: flags.namespace ?? given?.namespace ?? variable(env, "NAMESPACE"),
    profile,
    profileName: profileFlag ?? profile?.name ?? nameFor(url, instances),
  };
}

function givenUrl(flags: ConnectionFlags, target: Target | undefined): Target | undefined {
  if (flags.url !== undefined) return parseTarget(flags.url);
  if (flags.host !== undefined || flags.port !== undefined) {
    const host = flags.host ?? "localhost";
    const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
    return parseTarget(`http://${bracketed}:${flags.port ?? DEFAULT_PORT}`);
  }
  return target;
}

function environmentUrl(env: NodeJS.ProcessEnv): Target | undefined {
  const url = variable(env, "URL");
  if (url !== undefined) return parseTarget(url);
  const host = variable(env, "HOST");
  return host === undefined ? undefined : parseTarget(`http://${host}:${variable(env, "PORT") ?? DEFAULT_PORT}`);
}

/** `KALAM_X`, or `KALAMDB_X` as other tools name it. */
function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[`KALAM_${name}`] ?? env[`KALAMDB_${name}`];
  return value === undefined || value === "" ? undefined : value;
}

async function passwordFile(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = variable(env, "PASSWORD_FILE");
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (error) {
    throw new CliError(`Cannot read KALAM_PASSWORD_FILE: ${(error as Error).message}`, EXIT.usage);
  }
}

/** The instance of this server and user; `local` before others. */
function storedFor(
  url: string,
  user: string | undefined,
  instances: ReadonlyMap<string, StoredInstance>,
): { name: string; stored: StoredInstance } | undefined {
  const matching = [...instances].filter(
    ([name, stored]) => name !== PREVIOUS_INSTANCE && stored.server_url !== undefined && belongs(stored, url, user),
  );
  const found = matching.find(([name]) => name === LOCAL_INSTANCE) ?? matching[0];
  return found === undefined ? undefined : { name: found[0], stored: found[1] };
}

/** Whether a stored login is for this server and user: its secrets must reach no other server. */
function belongs(stored: StoredInstance, url: string, user: string | undefined): boolean {
  return (
    (stored.server_url === undefined || sameServer(stored.server_url, url)) &&
    (user === undefined || stored.user === user)
  );
}

function nameFor(url: string, instances: ReadonlyMap<string, StoredInstance>): string {
  const existing = storedFor(url, undefined, instances);
  if (existing !== undefined) return existing.name;
  const local = instances.get(LOCAL_INSTANCE)?.server_url;
  const { hostname, port } = new URL(url);
  if (local === undefined && sameServer(url, `http://localhost:${DEFAULT_PORT}`)) return LOCAL_INSTANCE;
  return port === "" ? hostname : `${hostname}-${port}`;
}
