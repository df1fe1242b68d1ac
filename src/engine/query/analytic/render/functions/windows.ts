import type { Node, WindowDef } from "libpg-query";
import { KalamError } from "../../../../../errors/index.ts";
import { BIGINT, decide } from "../bound.ts";
import { type Env, positionOf, type Render, unsupported } from "../env.ts";
import { renderOrder } from "../order.ts";

const NONDEFAULT = 0x1;
const ROWS = 0x4;
const GROUPS = 0x8;
const START_UNBOUNDED_PRECEDING = 0x20;
const END_UNBOUNDED_FOLLOWING = 0x100;
const START_CURRENT_ROW = 0x200;
const END_CURRENT_ROW = 0x400;
const START_OFFSET_PRECEDING = 0x800;
const END_OFFSET_PRECEDING = 0x1000;
const START_OFFSET_FOLLOWING = 0x2000;
const END_OFFSET_FOLLOWING = 0x4000;
const EXCLUDE_CURRENT_ROW = 0x8000;
const EXCLUDE_GROUP = 0x10000;
const EXCLUDE_TIES = 0x20000;

/** What follows OVER. */
export function renderOver(window: WindowDef, env: Env, render: Render): string {
  if (window.name !== undefined) return namedWindow(window.name, env, window.location ?? 0);
  return `(${renderWindow(window, env, render)})`;
}

/** What stands in the parentheses of OVER and WINDOW. */
export function renderWindow(window: WindowDef, env: Env, render: Render): string {
  const inner: Env = { ...env, windows: false };
  const parts: string[] = [];
  if (window.refname !== undefined) parts.push(namedWindow(window.refname, env, window.location ?? 0));
  if (window.partitionClause !== undefined) {
    parts.push(`PARTITION BY ${window.partitionClause.map((node) => render(node, inner).sql).join(", ")}`);
  }
  if (window.orderClause !== undefined) {
    parts.push(`ORDER BY ${window.orderClause.map((node) => renderOrder(node, inner, render)).join(", ")}`);
  }
  const options = window.frameOptions ?? 0;
  if ((options & NONDEFAULT) !== 0) parts.push(frame(window, options, inner, render));
  return parts.join(" ");
}

function namedWindow(name: string, env: Env, position: number): string {
  const ours = env.namedWindows.get(name);
  if (ours === undefined) throw new KalamError("undefined_window", { window: name }, { position });
  return ours;
}

function frame(window: WindowDef, options: number, env: Env, render: Render): string {
  const mode = (options & ROWS) !== 0 ? "ROWS" : (options & GROUPS) !== 0 ? "GROUPS" : "RANGE";
  const offset = (node: Node | undefined): string => {
    if (node === undefined) throw unsupported("a frame without its offset");
    const bound = render(node, { ...env, aggregates: false });
    if (mode === "RANGE") return bound.sql;
    if (bound.input === undefined) throw unsupported("a frame offset that is not a constant", positionOf(node));
    return decide(bound, BIGINT).sql;
  };
  const start =
    (options & START_UNBOUNDED_PRECEDING) !== 0
      ? "UNBOUNDED PRECEDING"
      : (options & START_CURRENT_ROW) !== 0
        ? "CURRENT ROW"
        : (options & START_OFFSET_PRECEDING) !== 0
          ? `${offset(window.startOffset)} PRECEDING`
          : (options & START_OFFSET_FOLLOWING) !== 0
            ? `${offset(window.startOffset)} FOLLOWING`
            : undefined;
  const end =
    (options & END_UNBOUNDED_FOLLOWING) !== 0
      ? "UNBOUNDED FOLLOWING"
      : (options & END_CURRENT_ROW) !== 0
        ? "CURRENT ROW"
        : (options & END_OFFSET_PRECEDING) !== 0
          ? `${offset(window.endOffset)} PRECEDING`
          : (options & END_OFFSET_FOLLOWING) !== 0
            ? `${offset(window.endOffset)} FOLLOWING`
            : undefined;
  if (start === undefined || end === undefined) throw unsupported("this window frame", window.location ?? 0);
  return `${mode} BETWEEN ${start} AND ${end}${exclusion(options)}`;
}

function exclusion(options: number): string {
  if ((options & EXCLUDE_CURRENT_ROW) !== 0) return " EXCLUDE CURRENT ROW";
  if ((options & EXCLUDE_GROUP) !== 0) return " EXCLUDE GROUP";
  return (options & EXCLUDE_TIES) !== 0 ? " EXCLUDE TIES" : "";
}
