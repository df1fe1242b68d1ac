import { readBuildInfo } from "../runtime/build-info.ts";

/** What PostgreSQL's clients ask for as the database's name: there is one, with namespaces in it. */
export const DATABASE_NAME = "kalam";

let version: string | undefined;

/** What `version()` says. */
export function productVersion(): string {
  version ??= `KalamDB ${readBuildInfo().version}`;
  return version;
}
