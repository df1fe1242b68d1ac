import { KalamError } from "../../errors/index.ts";
import type { ColumnSpec, TableDefinition } from "../catalog/definitions.ts";
import type { TypeReference } from "../sql/statement.ts";
import type { ColumnType } from "../types/column-type.ts";
import { castValue, formatText, parseText, resolveType, sqlTypeName } from "../types/index.ts";
import { widens, widerTypes } from "../types/widening.ts";

const REBUILD = "Add a column of the new type, copy the values, drop the old one and RENAME.";

/** @throws KalamError `reserved_column`, `column_not_found` */
export function requireColumn(definition: TableDefinition, name: string, position: number): ColumnSpec {
  const folded = name.toLowerCase();
  if (folded === "_seq" || folded === "_deleted") {
    throw new KalamError(
      "reserved_column",
      { action: "alter", column: folded, reason: "system column cannot be modified" },
      { position },
    );
  }
  const column = definition.columns.find((candidate) => candidate.name === folded);
  if (column === undefined) throw new KalamError("column_not_found", { column: folded }, { position });
  return column;
}

/** @param changed has the id of the column that it replaces */
export function replaceColumn(definition: TableDefinition, changed: ColumnSpec): TableDefinition {
  const columns = definition.columns.map((column) => (column.id === changed.id ? changed : column));
  return { ...definition, columns };
}

/**
 * The column with another type, where its rows can stay as they are: those that are hot are read as what they mean, segments
 * keep the type that they were written with beside their columns.
 *
 * @throws KalamError `feature_not_supported`, with what would work
 */
export function retyped(definition: TableDefinition, column: ColumnSpec, wanted: TypeReference): ColumnSpec {
  const type = resolveType(wanted);
  if (JSON.stringify(type) === JSON.stringify(column.type)) return column;
  const change = `changing column '${column.name}' from ${sqlTypeName(column.type)} to ${sqlTypeName(type)}`;
  const { position } = wanted;
  if (definition.primaryKey.includes(column.name)) {
    const hint = "A PRIMARY KEY keeps its types. Make another table with the key you need and INSERT … SELECT.";
    throw new KalamError("feature_not_supported", { feature: change }, { position, hint });
  }
  if (!widens(column.type, type)) {
    const wider = widerTypes(column.type);
    const hint = wider === undefined ? REBUILD : `Without loss it can become ${wider}. For anything else: ${REBUILD}`;
    throw new KalamError("feature_not_supported", { feature: change }, { position, hint });
  }
  const { missing, ...rest } = column;
  return { ...rest, type, ...(missing === undefined ? {} : { missing: converted(missing, column.type, type) }) };
}

function converted(text: string, from: ColumnType, to: ColumnType): string {
  return formatText(castValue(parseText(text, from), from, to, "assignment"), to);
}

/** @throws KalamError `invalid_table_definition` for a column of the key */
export function nullable(definition: TableDefinition, column: ColumnSpec): ColumnSpec {
  if (definition.primaryKey.includes(column.name)) {
    throw new KalamError("invalid_table_definition", {
      reason: `Column '${column.name}' is a PRIMARY KEY and cannot be nullable`,
    });
  }
  return { ...column, notNull: false };
}

/**
 * The column as NOT NULL, when its rows have been looked through.
 * @throws KalamError `feature_not_supported` when they have not: it was added by the same statement
 */
export function notNullable(column: ColumnSpec, position: number): ColumnSpec {
  if (column.notNull) return column;
  const { becomesNotNull, ...rest } = column;
  if (becomesNotNull !== true) {
    const hint = "Set it in a statement of its own.";
    const feature = `SET NOT NULL of column '${column.name}' beside what else the statement does with it`;
    throw new KalamError("feature_not_supported", { feature }, { position, hint });
  }
  return { ...rest, notNull: true };
}
