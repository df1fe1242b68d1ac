import { Auth, createClient, type KalamDBClient, ServerError } from "../../client/index.ts";
import { CliError } from "../cli-error.ts";
import { CredentialsFile } from "../credentials-file.ts";
import { EXIT } from "../exit-codes.ts";
import { askPassword, askUser, canAsk } from "./prompt.ts";
import { type ConnectionFlags, type ConnectionSettings, resolveConnection } from "./settings.ts";
import { StoredTokens } from "./token-source.ts";

const REACH_MILLIS = 10_000;

export interface Connection {
  readonly client: KalamDBClient;
  readonly namespace: string | undefined;
  /** Who is logged in; undefined when only the server can tell. */
  readonly user: string | undefined;
  /** Where the credentials come from, without any secret; for `--verbose`. */
  readonly origin: string;
}

/**
 * A client for what the command line says; a person is asked for what is missing. Nothing is sent yet, but to ask makes sense only
 * where a server answers.
 * @throws CliError (usage, authentication); ConnectionError when there are no credentials and no server either.
 */
export async function connect(flags: ConnectionFlags, file = new CredentialsFile()): Promise<Connection> {
  const settings = await resolveConnection(flags, file);
  const known = withoutAsking(settings, file);
  if (known !== undefined) return known;
  await reach(settings.url);
  if (canAsk()) {
    const user = settings.user ?? (await askUser("root"));
    return byPassword(settings, user, await askPassword(user));
  }
  throw noCredentials(settings);
}

/** The connection that flags, environment and stored logins give; undefined when there are no credentials among them. */
export function withoutAsking(settings: ConnectionSettings, file: CredentialsFile): Connection | undefined {
  const { url, namespace, token, password, profile } = settings;
  if (token !== undefined) {
    const client = createClient({ url, auth: Auth.jwt(token) });
    return { client, namespace, user: subjectOf(token), origin: "token given" };
  }
  if (password !== undefined) return byPassword(settings, settings.user ?? "root", password);
  if (profile === undefined) return undefined;
  const tokens = new StoredTokens(url, profile.name, profile.stored, file);
  const authProvider = (request?: { readonly rejected: string }) => tokens.credentials(request);
  return {
    client: createClient({ url, authProvider }),
    namespace,
    user: profile.stored.user,
    origin: `profile '${profile.name}' of ${file.path}`,
  };
}

/** @throws ConnectionError, TimeoutError when no server answers. It may refuse to say how it is. */
export async function reach(url: string, timeoutMs = REACH_MILLIS): Promise<void> {
  try {
    await createClient({ url }).get("/health", { timeoutMs });
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
  }
}

export function noCredentials({ user, url }: Pick<ConnectionSettings, "user" | "url">): CliError {
  return new CliError(
    `There are no credentials for ${user === undefined ? "" : `${user} at `}${url}`,
    EXIT.authentication,
    "Use kalam login, --user with --password-stdin or KALAM_PASSWORD, or --token.",
  );
}

function byPassword(settings: ConnectionSettings, user: string, password: string): Connection {
  const client = createClient({ url: settings.url, auth: Auth.basic(user, password) });
  return { client, namespace: settings.namespace, user, origin: "password given" };
}

/** The name that a token carries; only for showing it, the server decides what it is worth. */
function subjectOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const { username, sub } = claims as { username?: unknown; sub?: unknown };
    if (typeof username === "string") return username;
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
}
