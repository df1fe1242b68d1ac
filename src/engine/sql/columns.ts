import type { ColumnDef, Constraint, DefElem, Node, TypeName } from "libpg-query";
import { stringsOf } from "./node-access.ts";
import type { ColumnDefinition, TypeReference } from "./statement.ts";
import type { TableDialect } from "./table-dialect.ts";
import { duplicateOption } from "./token-cursor.ts";
import { notSupported } from "./unsupported.ts";

const SERIAL = new Set(["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"]);

/** Column definitions of one statement, with what our dialect said about them. */
export class ColumnReader {
  readonly #generated: ReadonlySet<number>;
  readonly #unsigned: ReadonlySet<number>;

  /** @param columns every ColumnDef of the statement, in any order. */
  constructor(dialect: TableDialect, columns: readonly ColumnDef[]) {
    const starts = columns.map((column) => column.location ?? 0).sort((a, b) => a - b);
    this.#generated = ownersOf(dialect.generated, starts);
    this.#unsigned = ownersOf(dialect.unsigned, starts);
  }

  /** `nullable` is what NULL and NOT NULL say; undefined without either. */
  read(column: ColumnDef): { definition: ColumnDefinition; nullable: boolean | undefined } {
    const position = column.location ?? 0;
    const type = typeReference(column.typeName, position, this.#unsigned.has(position));
    let nullable: boolean | undefined;
    let primaryKey = false;
    let generated = this.#generated.has(position) || SERIAL.has(type.name);
    let defaultExpression: Node | undefined;
    for (const constraint of constraintsOf(column.constraints)) {
      switch (constraint.contype) {
        case "CONSTR_NOTNULL":
          nullable = false;
          break;
        case "CONSTR_NULL":
          nullable = true;
          break;
        case "CONSTR_PRIMARY":
          primaryKey = true;
          break;
        case "CONSTR_DEFAULT":
          defaultExpression = constraint.raw_expr;
          break;
        case "CONSTR_IDENTITY":
          generated = true;
          break;
        case "CONSTR_GENERATED":
          throw notSupported("GENERATED ALWAYS AS (expression)", constraint.location);
        // CHECK, UNIQUE and REFERENCES are accepted and not enforced: schemas written for the existing server carry them.
        default:
      }
    }
    const definition: ColumnDefinition = {
      name: column.colname ?? "",
      type,
      position,
      notNull: nullable === false,
      primaryKey,
      generated,
      ...(defaultExpression === undefined ? {} : { defaultExpression }),
    };
    return { definition, nullable };
  }
}

/** For each offset the greatest start that is not behind it. */
function ownersOf(offsets: readonly number[], starts: readonly number[]): ReadonlySet<number> {
  const owners = new Set<number>();
  for (const offset of offsets) {
    const owner = starts.findLast((start) => start <= offset);
    if (owner !== undefined) owners.add(owner);
  }
  return owners;
}

export function constraintsOf(nodes: readonly Node[] | undefined): Constraint[] {
  return (nodes ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
}

export function typeReference(type: TypeName | undefined, position: number, unsigned: boolean): TypeReference {
  const names = stringsOf(type?.names);
  return {
    name: (names.at(-1) ?? "").toLowerCase(),
    modifiers: (type?.typmods ?? []).flatMap((node) =>
      "A_Const" in node && node.A_Const.ival !== undefined ? [node.A_Const.ival.ival ?? 0] : [],
    ),
    array: (type?.arrayBounds ?? []).length > 0,
    unsigned,
    position: type?.location ?? position,
  };
}

/** `WITH (NAME = value, …)`: names in upper case, values as text. */
export function optionsOf(nodes: readonly Node[] | undefined): Map<string, string> {
  const options = new Map<string, string>();
  for (const node of nodes ?? []) {
    if (!("DefElem" in node)) continue;
    const name = node.DefElem.defname ?? "";
    const key = name.toUpperCase();
    if (options.has(key)) throw duplicateOption(name, node.DefElem.location ?? 0);
    options.set(key, optionValue(node.DefElem));
  }
  return options;
}

function optionValue({ arg }: DefElem): string {
  if (arg === undefined) return "true";
  if ("String" in arg) return arg.String.sval ?? "";
  if ("Integer" in arg) return String(arg.Integer.ival ?? 0);
  if ("Float" in arg) return arg.Float.fval ?? "";
  if ("Boolean" in arg) return String(arg.Boolean.boolval ?? false);
  if ("TypeName" in arg) return stringsOf(arg.TypeName.names).join(".");
  return "";
}
