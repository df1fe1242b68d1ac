export const ACCESS_COOKIE = "kalamdb_auth";
export const REFRESH_COOKIE = "kalamdb_refresh";

/** The value of a cookie in a `Cookie` header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim() || undefined;
  }
  return undefined;
}

/** A `Set-Cookie` value that no script can read and no other site can cause to be sent. `expires` is milliseconds since 1970. */
export function writeCookie(name: string, value: string, expires: number, secure: boolean): string {
  const end = new Date(expires).toUTCString();
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; ${secure ? "Secure; " : ""}Expires=${end}`;
}
