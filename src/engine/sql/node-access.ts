import type { Node, RangeVar } from "libpg-query";
import type { QualifiedName } from "./statement.ts";
import { notSupported } from "./unsupported.ts";

/** The text of a `String` node. */
export function stringOf(node: Node | undefined): string | undefined {
  return node !== undefined && "String" in node ? (node.String.sval ?? "") : undefined;
}

export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => stringOf(node)).filter((text) => text !== undefined);
}

/** `a.b` out of a list of `String` nodes. */
export function nameOf(parts: readonly string[], position: number): QualifiedName {
  if (parts.length > 2) throw notSupported(`cross-database reference "${parts.join(".")}"`, position);
  return parts.length === 2
    ? { namespace: parts[0], name: parts[1] ?? "", position }
    : { namespace: undefined, name: parts[0] ?? "", position };
}

export function relationName(relation: RangeVar | undefined): QualifiedName {
  const position = relation?.location ?? 0;
  if (relation?.catalogname) {
    throw notSupported(
      `cross-database reference "${relation.catalogname}.${relation.schemaname}.${relation.relname}"`,
      position,
    );
  }
  return { namespace: relation?.schemaname, name: relation?.relname ?? "", position };
}
