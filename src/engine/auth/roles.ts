/** Roles in growing order of rights. `anonymous` is nobody: it owns no rows. */
export type Role = "anonymous" | "user" | "service" | "dba" | "system";

/** Who a statement runs for. */
export interface Principal {
  /** The login name; it owns the rows of USER and STREAM tables. */
  readonly userId: string;
  readonly role: Role;
}

export function isAdmin(role: Role): boolean {
  return role === "dba" || role === "system";
}
