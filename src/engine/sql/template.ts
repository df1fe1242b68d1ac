import { visit } from "./tree.ts";

/** The greatest `$n` in a tree. */
export function countParameters(tree: unknown): number {
  let count = 0;
  visit(tree, (node) => {
    const parameter = node["ParamRef"] as { number?: number } | undefined;
    if (parameter !== undefined) count = Math.max(count, parameter.number ?? 0);
  });
  return count;
}
