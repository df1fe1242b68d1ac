import type { Cell, RowChange, RowData, SchemaField } from "../../client/index.ts";
import { printable } from "../render/cell-layout.ts";
import { valueText } from "../render/value-text.ts";

/** Columns that every row has besides those that were selected. */
const SYSTEM_COLUMNS = new Set(["_seq", "_deleted"]);
const NEEDS_QUOTES = /[\s="'→]|^$/;

const COLOURS = { row: "", insert: "\x1b[32m", update: "\x1b[33m", delete: "\x1b[31m" } as const;
const SIGNS = { row: " ", insert: "+", update: "~", delete: "-" } as const;
const RESET = "\x1b[39m";

/** One change as one JSON object, values as on the wire. */
export function changeJson(change: RowChange): string {
  return JSON.stringify(change);
}

/**
 * One change for a person, on a line:
 *
 *       id=1 body=hello
 *     + id=2 body="how are you?"
 *     ~ id=2 body="how are you?" → fine
 *     - id=1 body=hello
 */
export function changeText(change: RowChange, schema: readonly SchemaField[], color: boolean): string {
  if (change.type === "ready") return change.resumed ? "-- connected again" : "-- live";
  if (change.type === "reset") return `-- from the beginning: ${printable(change.reason)}`;
  const former = change.type === "update" ? change.old : {};
  const row = change.type === "delete" ? change.old : change.row;
  const types = new Map(schema.map(({ name, data_type }) => [name, data_type]));
  const text = (name: string, of: RowData) => cellText(of[name]?.value ?? null, types.get(name) ?? "Text");
  const cells = Object.keys(row)
    .filter((name) => !SYSTEM_COLUMNS.has(name))
    .map((name) => {
      const now = text(name, row);
      const before = former[name] === undefined ? now : text(name, former);
      return before === now ? `${name}=${now}` : `${name}=${before} → ${now}`;
    });
  const line = `${SIGNS[change.type]} ${cells.join(" ")}`;
  return color && COLOURS[change.type] !== "" ? `${COLOURS[change.type]}${line}${RESET}` : line;
}

function cellText(cell: Cell, type: SchemaField["data_type"]): string {
  if (cell === null) return "NULL";
  const text = printable(valueText(cell, type)).replaceAll("\n", "\\n");
  return NEEDS_QUOTES.test(text) || text === "NULL" ? JSON.stringify(text).replaceAll("\\\\", "\\") : text;
}
