import type { RenderedStatement } from "./render/statement.ts";

interface PlanNode {
  readonly name: string;
  readonly children: readonly PlanNode[];
  readonly extra_info: Readonly<Record<string, string | readonly string[]>>;
}

const SCAN = /KALAM_SCAN/i;

/** DuckDB's plan in JSON as indented lines, with the names that the user knows. */
export function planLines(json: string, statement: Pick<RenderedStatement, "names" | "scans">): string[] {
  const roots = JSON.parse(json) as readonly PlanNode[];
  const relations = new Map<string, string>();
  for (const scan of statement.scans.placed) {
    for (const column of scan.columns) relations.set(column.name, scan.name);
  }
  return roots.flatMap((root) => render(root, 0, statement, relations));
}

function render(
  node: PlanNode,
  depth: number,
  statement: Pick<RenderedStatement, "names">,
  relations: ReadonlyMap<string, string>,
): string[] {
  const details = Object.entries(node.extra_info)
    .filter(([name]) => !["Function", "Table", "Type"].includes(name) && !name.startsWith("__"))
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : value.join(", ")}`)
    .filter((text) => !/k_s[0-9a-f]{32}/i.test(text));
  const relation = scanned(node, relations);
  const isScan = SCAN.test(node.name) || relation !== undefined;
  const title = isScan ? `Scan ${relation ?? "relation"}` : words(node.name);
  const text = `${title}${details.length === 0 ? "" : ` (${details.join("; ")})`}`.replace(/\s*\n\s*/g, ", ");
  const line = `${"  ".repeat(depth)}${depth === 0 ? "" : "-> "}${statement.names.reveal(text)}`;
  return [line, ...node.children.flatMap((child) => render(child, depth + 1, statement, relations))];
}

/** The relation that a leaf reads, known by the names of its columns. */
function scanned(node: PlanNode, relations: ReadonlyMap<string, string>): string | undefined {
  if (node.children.length > 0) return undefined;
  const text = JSON.stringify(node.extra_info);
  const [name] = text.match(/\bk_\d+\b/) ?? [];
  return name === undefined ? undefined : relations.get(name);
}

function words(name: string): string {
  const text = name.trim().toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
