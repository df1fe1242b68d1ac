import { withColumns } from "../result-columns.ts";
import { unitOf } from "../script/request-unit.ts";
import type { MetaContext } from "./context.ts";

/** What is asked for most; the rest of a description is for `\d+`. */
const SHORT = ["column_name", "data_type", "is_nullable", "is_primary_key", "column_default"];

/** `\d name`: the columns of a table or view. */
export async function describe({ session, signal }: MetaContext, name: string): Promise<void> {
  const { results, took } = await session.query(`DESCRIBE TABLE ${name}`, signal);
  const [result] = results;
  if (result === undefined) throw new Error(`The server did not describe ${name}`);
  await session.show(withColumns(result, SHORT), took);
}

/** `\d+ name`: everything that is known of a table or view, and the statement that makes it. */
export async function describeFully({ session, signal }: MetaContext, name: string): Promise<void> {
  for (const text of [`DESCRIBE TABLE ${name}`, `SHOW CREATE TABLE ${name}`]) {
    await session.run(unitOf({ text, line: 1 }), signal);
  }
}
