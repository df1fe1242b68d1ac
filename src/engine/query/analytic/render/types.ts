import type { Node, TypeName } from "libpg-query";
import { KalamError } from "../../../../errors/index.ts";
import type { ResultType } from "../../../types/column-type.ts";
import { resolveType } from "../../../types/type-names.ts";

/** The type that a cast names. */
export function castType(name: TypeName): ResultType {
  const position = name.location ?? 0;
  const parts = (name.names ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : ""));
  const schema = parts.length > 1 ? parts[0] : undefined;
  const last = (parts.at(-1) ?? "").toLowerCase();
  if ((schema !== undefined && schema !== "pg_catalog") || parts.length > 2 || name.setof || name.pct_type) {
    throw new KalamError("undefined_type", { type: parts.join(".") }, { position });
  }
  const base: ResultType =
    last === "interval"
      ? { kind: "interval" }
      : resolveType({ name: last, modifiers: modifiers(name.typmods), array: false, unsigned: false, position });
  const depth = name.arrayBounds?.length ?? 0;
  if (depth > 1) throw new KalamError("feature_not_supported", { feature: "an array of arrays" }, { position });
  return depth === 1 ? { kind: "list", element: base } : base;
}

/** NUMERIC without precision keeps what it is given. */
export function isBareNumeric(name: TypeName, type: ResultType): boolean {
  return type.kind === "decimal" && (name.typmods === undefined || name.typmods.length === 0);
}

const INTERVAL_FIELDS: ReadonlyMap<number, string> = new Map([
  [4, "years"],
  [2, "months"],
  [8, "days"],
  [1024, "hours"],
  [2048, "minutes"],
  [4096, "seconds"],
]);

/** The unit of `INTERVAL '5' DAY`. */
export function intervalUnit(name: TypeName): string | undefined {
  const [mask] = modifiers(name.typmods);
  return mask === undefined ? undefined : INTERVAL_FIELDS.get(mask);
}

function modifiers(nodes: readonly Node[] | undefined): number[] {
  return (nodes ?? []).flatMap((node) => ("A_Const" in node && node.A_Const.ival ? [node.A_Const.ival.ival ?? 0] : []));
}
