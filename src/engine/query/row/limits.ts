import type { Node, SelectStmt } from "libpg-query";
import { KalamError } from "../../../errors/index.ts";
import { coerce } from "../expression/coerce.ts";
import { compileOperand, locationOf } from "../expression/compile.ts";
import { type Compiled, type Frame, type Scope, STATEMENT } from "../expression/frame.ts";
import { NotSimple } from "../expression/not-simple.ts";
import { InputOperand } from "../expression/operand.ts";
import { isInteger } from "../expression/type-rules.ts";

/** How many rows to leave out, and how many to give. */
export interface Window {
  readonly skip: number;
  /** Infinity without a LIMIT. */
  readonly take: number;
}

export type WindowSource = (frame: Frame) => Window;

/** LIMIT, OFFSET and FETCH FIRST; NULL and ALL mean no limit. */
export function compileWindow(select: SelectStmt, scope: Scope): WindowSource {
  if (select.limitOption === "LIMIT_OPTION_WITH_TIES") throw new NotSimple("WITH TIES");
  const count = compileCount(select.limitCount, scope);
  const offset = compileCount(select.limitOffset, scope);
  return (frame) => ({
    skip: rowCount("OFFSET", offset, frame, 0),
    take: rowCount("LIMIT", count, frame, Number.POSITIVE_INFINITY),
  });
}

interface Count {
  readonly value: Compiled;
  readonly position: number | undefined;
}

function compileCount(node: Node | undefined, scope: Scope): Count | undefined {
  if (node === undefined) return undefined;
  const operand = compileOperand(node, { ...scope, shape: undefined });
  const bigint = { kind: "bigint" } as const;
  const value = operand instanceof InputOperand ? operand.as(bigint) : operand;
  if (value.dependency > STATEMENT || !isInteger(value.type)) throw new NotSimple("a LIMIT of this shape");
  return { value: coerce(value, bigint), position: locationOf(node) };
}

function rowCount(clause: "LIMIT" | "OFFSET", count: Count | undefined, frame: Frame, missing: number): number {
  const value = count?.value.evaluate([], frame) ?? null;
  if (value === null) return missing;
  const rows = Number(value);
  if (rows >= 0) return rows;
  throw new KalamError(
    "invalid_row_count",
    { clause },
    count?.position === undefined ? {} : { position: count.position },
  );
}
