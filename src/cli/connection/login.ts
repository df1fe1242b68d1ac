import { Auth, createClient } from "../../client/index.ts";
import { CliError } from "../cli-error.ts";
import { CredentialsFile } from "../credentials-file.ts";
import { EXIT } from "../exit-codes.ts";
import { askPassword, askUser, canAsk } from "./prompt.ts";
import { type ConnectionFlags, resolveConnection } from "./settings.ts";
import { tokensOf } from "./token-source.ts";

/**
 * Logs in and keeps the tokens.
 * @returns what to tell the person.
 * @throws CliError (usage) when something is missing and nobody can be asked; AuthenticationError, ConnectionError.
 */
export async function logIn(flags: ConnectionFlags, file = new CredentialsFile()): Promise<string> {
  // A profile that does not exist yet is being made.
  const known = flags.profile === undefined || (await file.get(flags.profile)) !== undefined;
  const settings = await resolveConnection(known ? flags : { ...flags, profile: undefined }, file);
  const user = settings.user ?? settings.profile?.stored.user ?? (canAsk() ? await askUser("root") : "root");
  const password =
    settings.password ?? settings.profile?.stored.password ?? (canAsk() ? await askPassword(user) : undefined);
  if (password === undefined) {
    throw new CliError("There is no password", EXIT.usage, "Use --password-stdin or KALAM_PASSWORD.");
  }
  const login = await createClient({ url: settings.url, auth: Auth.basic(user, password) }).login();
  // A login without a profile's name never takes the place of somebody else's, who may have no other copy of his password.
  const owner = (await file.get(settings.profileName))?.user;
  const name = flags.profile ?? (owner === undefined || owner === user ? settings.profileName : user);
  const former = await file.get(name);
  const keepsPassword = former?.password !== undefined && former.user === user && former.password === password;
  await file.set(name, {
    server_url: settings.url,
    ...tokensOf(login),
    user,
    ...(keepsPassword ? { password } : {}),
  });
  return `Logged in to ${settings.url} as ${user} (${login.user.role}), kept as profile '${name}' until ${login.refresh_expires_at}`;
}

/** @param name of the profile; undefined for all. @returns what to tell the person. */
export async function logOut(name: string | undefined, file = new CredentialsFile()): Promise<string> {
  if (name === undefined) {
    await file.write(new Map());
    return "Forgot all stored logins";
  }
  return (await file.delete(name)) ? `Forgot the login '${name}'` : `There is no stored login '${name}'`;
}
