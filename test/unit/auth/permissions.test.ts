import { expect } from "chai";
import {
  mayActAs,
  requireActAs,
  requireAlterTable,
  requireStatement,
  requireTableAccess,
  type TableToAccess,
} from "../../../src/engine/auth/permissions.ts";
import type { Role } from "../../../src/engine/auth/roles.ts";
import type { Statement } from "../../../src/engine/sql/statement.ts";
import { KalamError } from "../../../src/errors/index.ts";

const ROLES: readonly Role[] = ["anonymous", "user", "service", "dba", "system"];

/** One letter a role in the order of ROLES: `+` may, `-` may not. */
function allowed(work: (role: Role) => void): string {
  return ROLES.map((role) => {
    try {
      work(role);
      return "+";
    } catch (error) {
      expect((error as KalamError).definition.status).to.equal(403);
      return "-";
    }
  }).join("");
}

function statement(parts: Record<string, unknown>): Statement {
  return { options: new Map(), ...parts } as unknown as Statement;
}

describe("permissions", () => {
  it("decides statements by role", () => {
    const rows: [Record<string, unknown>, string][] = [
      [{ kind: "select" }, "-++++"],
      [{ kind: "insert" }, "-++++"],
      [{ kind: "begin" }, "-++++"],
      [{ kind: "execute_as" }, "-++++"],
      [{ kind: "use_namespace" }, "-++++"],
      [{ kind: "describe_table" }, "-++++"],
      [{ kind: "explain" }, "---++"],
      [{ kind: "create_namespace" }, "---++"],
      [{ kind: "drop_namespace" }, "---++"],
      [{ kind: "drop_table" }, "---++"],
      [{ kind: "create_view" }, "---++"],
      [{ kind: "alter_user" }, "---++"],
      [{ kind: "drop_user" }, "---++"],
      [{ kind: "create_storage" }, "---++"],
      [{ kind: "alter_storage" }, "---++"],
      [{ kind: "drop_storage" }, "---++"],
      [{ kind: "storage_check" }, "---++"],
      [{ kind: "storage_flush" }, "--+++"],
      [{ kind: "storage_compact" }, "--+++"],
      [{ kind: "show", subject: { type: "storages" } }, "-++++"],
      [{ kind: "create_user", role: "user" }, "--+++"],
      [{ kind: "create_user", role: undefined }, "--+++"],
      [{ kind: "create_user", role: "service" }, "---++"],
      [{ kind: "create_user", role: "no such" }, "---++"],
      [{ kind: "create_table", tableKind: "user" }, "-++++"],
      [{ kind: "create_table", tableKind: "stream" }, "-++++"],
      [{ kind: "create_table", tableKind: "shared" }, "--+++"],
      [{ kind: "create_table", tableKind: undefined }, "--+++"],
      [{ kind: "create_table", tableKind: undefined, options: new Map([["TYPE", "USER"]]) }, "-++++"],
      [{ kind: "kill_job" }, "---++"],
      [{ kind: "kill_live_query" }, "---++"],
      [{ kind: "subscribe", everybody: false }, "-++++"],
      [{ kind: "subscribe", everybody: true }, "--+++"],
      [{ kind: "show", subject: { type: "live" } }, "-++++"],
      [{ kind: "show", subject: { type: "jobs" } }, "-++++"],
      [{ kind: "show", subject: { type: "tables" } }, "-++++"],
      [{ kind: "show", subject: { type: "users" } }, "---++"],
      [{ kind: "show", subject: { type: "columns" } }, "---++"],
      [{ kind: "show", subject: { type: "setting" } }, "---++"],
    ];
    for (const [parts, expected] of rows) {
      const got = allowed((role) => requireStatement({ userId: "u", role }, statement(parts)));
      expect(got, JSON.stringify(parts)).to.equal(expected);
    }
  });

  it("decides tables by role, kind and level", () => {
    const table = (kind: TableToAccess["kind"], accessLevel: TableToAccess["accessLevel"] = "private") => ({
      namespace: kind === "system" ? "system" : "app",
      name: "t",
      kind,
      accessLevel,
    });
    const rows: [TableToAccess, string, string][] = [
      [table("user"), "-++++", "-++++"],
      [table("stream"), "-++++", "-++++"],
      [table("shared", "public"), "-++++", "--+++"],
      [table("shared", "private"), "--+++", "--+++"],
      [table("shared", "restricted"), "--+++", "--+++"],
      [table("shared", "dba"), "---++", "---++"],
      [table("system"), "---++", "-----"],
      [{ ...table("system"), namespace: "information_schema" }, "-++++", "-----"],
    ];
    for (const [of, read, write] of rows) {
      expect(
        allowed((role) => requireTableAccess(role, of, "read")),
        JSON.stringify(of),
      ).to.equal(read);
      expect(
        allowed((role) => requireTableAccess(role, of, "write")),
        JSON.stringify(of),
      ).to.equal(write);
    }
  });

  it("uses the texts that clients look for", () => {
    const text = (work: () => void): string => {
      try {
        work();
        return "";
      } catch (error) {
        return error instanceof KalamError ? error.message : String(error);
      }
    };
    const table = { namespace: "app", name: "t", kind: "shared", accessLevel: "private" } as const;
    expect(text(() => requireTableAccess("user", table, "read"))).to.equal(
      "Permission denied: Access denied: Role 'User' cannot access table 'app.t'. Shared table access denied (access_level=Private)",
    );
    expect(text(() => requireTableAccess("user", { ...table, accessLevel: "public" }, "write"))).to.equal(
      "Permission denied: Access denied: Role 'User' cannot access table 'app.t'. Shared table write denied (access_level=Public)",
    );
    expect(
      text(() => requireStatement({ userId: "u", role: "user" }, statement({ kind: "create_namespace" }))),
    ).to.equal("Unauthorized: Admin privileges (DBA or System role) required for namespace operations");
    expect(text(() => requireStatement({ userId: "u", role: "user" }, statement({ kind: "drop_table" })))).to.equal(
      "Unauthorized: Insufficient privileges to drop this table",
    );
  });

  it("lets roles act for others as the matrix says", () => {
    const matrix = ROLES.map((actor) => ROLES.map((target) => (mayActAs(actor, target) ? "+" : "-")).join(""));
    expect(matrix).to.deep.equal(["-----", "-----", "-++--", "-+++-", "-++++"]);
    requireActAs({ userId: "ann", role: "user" }, { userId: "ann", role: "user" });
    expect(() => requireActAs({ userId: "ann", role: "user" }, { userId: "bob", role: "user" })).to.throw(
      "actor 'ann' with role User cannot target 'bob' with role User",
    );
  });

  it("lets users alter their own kinds of tables only", () => {
    expect(allowed((role) => requireAlterTable(role, "user"))).to.equal("-++++");
    expect(allowed((role) => requireAlterTable(role, "shared"))).to.equal("--+++");
  });
});
