import { Auth, AuthenticationError, createClient } from "../../client/index.ts";
import { CliError } from "../cli-error.ts";
import { CredentialsFile } from "../credentials-file.ts";
import { EXIT } from "../exit-codes.ts";
import { reach } from "./connect.ts";
import { askPassword, askUser, askWhether, canAsk } from "./prompt.ts";
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
  const { url, profile } = settings;
  const user =
    settings.user ??
    (known ? profile?.stored.user : undefined) ??
    (await forPerson(url, () => askUser("root"))) ??
    "root";
  const stored = profile?.stored.user === user ? profile.stored.password : undefined;
  const { login, password } = await exchange(url, user, settings.password, stored);
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

/** Asks where somebody can answer and the server is there to use the answer; undefined where nobody can. */
async function forPerson(url: string, question: () => Promise<string>): Promise<string | undefined> {
  await reach(url);
  return canAsk() ? question() : undefined;
}

/** By the password that was given, else the one that is kept, else the one that a person knows. */
async function exchange(url: string, user: string, given: string | undefined, stored: string | undefined) {
  const logInBy = async (password: string) => ({
    login: await createClient({ url, auth: Auth.basic(user, password) }).login(),
    password,
  });
  const first = given ?? stored;
  if (first !== undefined) {
    try {
      return await logInBy(first);
    } catch (error) {
      if (given !== undefined || !canAsk() || !(error instanceof AuthenticationError)) throw error;
    }
  }
  const asked = await forPerson(url, () => askPassword(user));
  if (asked !== undefined) return logInBy(asked);
  throw new CliError("There is no password", EXIT.usage, "Use --password-stdin or KALAM_PASSWORD.");
}

/**
 * Forgets a stored login. A password that the server made up may be kept nowhere else: a person is asked first.
 *
 * @param name of the profile; undefined for all.
 * @param sure nobody is asked.
 * @returns what to tell the person.
 */
export async function logOut(name: string | undefined, sure: boolean, file = new CredentialsFile()): Promise<string> {
  const instances = new Map(await file.read());
  const names = [...instances.keys()].filter((each) => name === undefined || each === name);
  if (name !== undefined && names.length === 0) return `There is no stored login '${name}'`;
  const passwords = names.map((each) => instances.get(each)).filter((stored) => stored?.password !== undefined);
  const whose = passwords.map((stored) => `${stored?.user} at ${stored?.server_url}`).join(", ");
  if (whose !== "" && !sure && canAsk() && !(await askWhether(`The password of ${whose} is kept here. Forget it?`))) {
    return "Nothing was forgotten";
  }
  for (const each of names) instances.delete(each);
  await file.write(instances);
  const done = name === undefined ? "Forgot all stored logins" : `Forgot the login '${name}'`;
  if (whose === "") return done;
  return `${done}, and with it the password of ${whose}.\nWho does not know it sets a new one with: kalam serve --reset-root-password`;
}
