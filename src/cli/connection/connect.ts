import { Auth, createClient, type KalamDBClient } from "../../client/index.ts";
import { CliError } from "../cli-error.ts";
import { CredentialsFile } from "../credentials-file.ts";
import { EXIT } from "../exit-codes.ts";
import { askPassword, askUser, canAsk } from "./prompt.ts";
import { type ConnectionFlags, type ConnectionSettings, resolveConnection } from "./settings.ts";
import { StoredTokens } from "./token-source.ts";

export interface Connection {
  readonly client: KalamDBClient;
  readonly namespace: string | undefined;
  /** Who is logged in; undefined when only the server can tell. */
  readonly user: string | undefined;
  /** Where the credentials come from, without any secret; for `--verbose`. */
  readonly origin: string;
}

/**
 * A client for what the command line says. Nothing is sent yet.
 * @throws CliError (usage, authentication)
 */
export async function connect(flags: ConnectionFlags, file = new CredentialsFile()): Promise<Connection> {
  const settings = await resolveConnection(flags, file);
  const { url, namespace, token, profile } = settings;
  if (token !== undefined) {
    return {
      client: createClient({ url, auth: Auth.jwt(token) }),
      namespace,
      user: subjectOf(token),
      origin: "token given",
    };
  }
  if (settings.password !== undefined) return byPassword(settings, settings.user ?? "root", settings.password);
  if (profile !== undefined) {
    const tokens = new StoredTokens(url, profile.name, profile.stored, file);
    const authProvider = (request?: { readonly rejected: string }) => tokens.credentials(request);
    return {
      client: createClient({ url, authProvider }),
      namespace,
      user: profile.stored.user,
      origin: `profile '${profile.name}' of ${file.path}`,
    };
  }
  if (canAsk()) {
    const user = settings.user ?? (await askUser("root"));
    return byPassword(settings, user, await askPassword(user));
  }
  throw new CliError(
    `There are no credentials for ${settings.user === undefined ? "" : `${settings.user} at `}${url}`,
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
