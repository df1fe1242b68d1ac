import { KalamError } from "../../errors/index.ts";
import type { Role } from "./roles.ts";

const ALIASES: ReadonlyMap<string, Role> = new Map([
  ["user", "user"],
  ["viewer", "user"],
  ["readonly", "user"],
  ["service", "service"],
  ["developer", "service"],
  ["analyst", "service"],
  ["dba", "dba"],
  ["admin", "dba"],
  ["system", "system"],
]);

/** The role that a statement names, aliases included; undefined when there is none. `anonymous` cannot be given. */
export function findRole(name: string): Role | undefined {
  return ALIASES.get(name.toLowerCase());
}

/** @throws KalamError `invalid_user_definition` when no role has this name. */
export function parseRole(name: string): Role {
  const role = findRole(name);
  if (role !== undefined) return role;
  throw new KalamError("invalid_user_definition", {
    reason: `Invalid role '${name}'. Hint: Valid roles: user, service, dba, system`,
  });
}

/** As messages show it: `Dba`. */
export function displayRole(role: Role): string {
  return role.charAt(0).toUpperCase() + role.slice(1);
}
