import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/index.ts";
import { KalamError } from "../../errors/index.ts";
import type { Random } from "../../runtime/random.ts";
import { isLoopback } from "../http/addresses.ts";

const KNOWN_DEFAULTS = new Set([
  "CHANGE_ME_IN_PRODUCTION",
  "kalamdb-dev-secret-key-change-in-production",
  "your-secret-key-at-least-32-chars-change-me-in-production",
  "test",
  "secret",
  "password",
]);
const MIN_LENGTH = 32;

/**
 * Refuses a configured secret that others know or can guess when others can reach the server.
 *
 * @returns a warning when only this machine can.
 * @throws KalamError `config_invalid`
 */
export function checkJwtSecret(config: Config): string | undefined {
  const secret = config["auth.jwt_secret"];
  if (secret === undefined) return undefined;
  const problem = KNOWN_DEFAULTS.has(secret)
    ? "is a known default"
    : secret.length < MIN_LENGTH
      ? `has less than ${MIN_LENGTH} characters`
      : undefined;
  if (problem === undefined) return undefined;
  if (isLoopback(config["server.host"])) return `auth.jwt_secret ${problem}; that is only allowed on loopback`;
  throw new KalamError(
    "config_invalid",
    { reason: `auth.jwt_secret ${problem}, and server.host ${config["server.host"]} can be reached by others` },
    {
      hint: "Leave it out, and the server makes a secret of its own; or set KALAMDB_JWT_SECRET to 32 random characters.",
    },
  );
}

/** The configured secret, or the one kept in the data folder, made at the first start. */
export async function resolveJwtSecret(config: Config, random: Random): Promise<string> {
  const configured = config["auth.jwt_secret"];
  if (configured !== undefined) return configured;
  const fresh = Buffer.from(random.bytes(48)).toString("base64url");
  if (config["hot_store.driver"] === "memory") return fresh;
  const folder = config["storage.data_path"];
  const path = join(folder, "jwt-secret");
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(path, fresh, { mode: 0o600, flag: "wx" });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const kept = (await readFile(path, "utf8")).trim();
  if (kept.length >= MIN_LENGTH) return kept;
  throw new KalamError("data_corrupt", { path, reason: "the secret for tokens is too short" });
}
