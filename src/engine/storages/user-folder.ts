import { createHash } from "node:crypto";

const LONGEST = 120;
const KEPT_OF_LONG = 40;

/**
 * The name of a user's folder. User ids are any text, folders are not: what a path cannot hold is written as the hexadecimal
 * numbers of its bytes, as in URLs. Capitals become `+` and the small letter, for file systems that take both for the same. What
 * would be too long is cut and gets its hash. Two users never have the same folder.
 *
 * @example
 * userFolder("alice@example.com") // alice@example.com
 * userFolder("Bob/2")             // +bob%2f2
 */
export function userFolder(userId: string): string {
  let folder = "";
  for (const byte of Buffer.from(userId, "utf8")) {
    const character = String.fromCharCode(byte);
    if (/[a-z0-9_@=-]/.test(character) || (character === "." && folder !== "")) folder += character;
    else if (/[A-Z]/.test(character)) folder += `+${character.toLowerCase()}`;
    else folder += `%${byte.toString(16).padStart(2, "0")}`;
  }
  if (folder.length <= LONGEST) return folder;
  return `${folder.slice(0, KEPT_OF_LONG)}~${createHash("sha256").update(userId).digest("hex")}`;
}

/** Two hexadecimal digits, for those who do not want all users' folders in one. */
export function shardOf(userId: string): string {
  return createHash("sha256").update(userId).digest("hex").slice(0, 2);
}
