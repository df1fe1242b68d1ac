import type { DropStmt, ViewStmt } from "libpg-query";
import { KalamError } from "../../errors/index.ts";
import { nextToken } from "./lexer.ts";
import { skipBlank } from "./lexical.ts";
import { relationName, stringsOf } from "./node-access.ts";
import type { Statement } from "./statement.ts";
import { droppedNames } from "./table-statements.ts";
import { visit } from "./tree.ts";
import { notSupported } from "./unsupported.ts";

export function createView(view: ViewStmt, text: string): Statement {
  const name = relationName(view.view);
  if (view.view?.relpersistence === "t") throw notSupported("CREATE TEMPORARY VIEW", name.position);
  if (view.withCheckOption !== undefined && view.withCheckOption !== "NO_CHECK_OPTION") {
    throw notSupported("WITH CHECK OPTION", name.position);
  }
  if (view.query === undefined || !("SelectStmt" in view.query))
    throw notSupported("this form of CREATE VIEW", name.position);
  visit(view.query, (node) => {
    const parameter = node.ParamRef as { number?: number; location?: number } | undefined;
    if (parameter !== undefined) {
      throw new KalamError(
        "undefined_parameter",
        { number: parameter.number ?? 0 },
        { position: parameter.location ?? 0 },
      );
    }
  });
  const start = queryStart(text);
  return {
    kind: "create_view",
    view: name,
    orReplace: view.replace ?? false,
    columns: stringsOf(view.aliases),
    query: text.slice(start).trim(),
    queryPosition: start,
    node: view.query.SelectStmt,
  };
}

/** The first token behind the first AS outside parentheses. */
function queryStart(text: string): number {
  let depth = 0;
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    if (token.kind === "symbol" && token.value === "(") depth++;
    else if (token.kind === "symbol" && token.value === ")") depth--;
    else if (depth === 0 && token.kind === "word" && token.value === "as") return skipBlank(text, token.end);
  }
  return text.length;
}

export function dropView(drop: DropStmt, text: string): Statement {
  return { kind: "drop_view", views: droppedNames(drop, text, "view"), ifExists: drop.missing_ok ?? false };
}
