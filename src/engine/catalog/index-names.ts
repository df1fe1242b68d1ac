/** PostgreSQL's limit for a name it makes. */
const MAX_MADE_NAME = 63;
const LABEL = "_idx";

/**
 * The name that PostgreSQL gives an index that was given none: `table_column_idx`, cut where it would be too long, with a number
 * where it is taken.
 */
export function defaultIndexName(
  table: string,
  columns: readonly { readonly name: string }[],
  taken: (name: string) => boolean,
): string {
  const joined = columns.map(({ name }) => name.toLowerCase()).join("_");
  for (let number = 0; ; number++) {
    const name = madeName(table, joined, number === 0 ? LABEL : LABEL + number);
    if (!taken(name)) return name;
  }
}

/** The longer of the two parts is cut first. */
function madeName(table: string, columns: string, label: string): string {
  let first = table.length;
  let second = columns.length;
  while (first + second + 1 + label.length > MAX_MADE_NAME) {
    if (first > second) first--;
    else second--;
  }
  return `${table.slice(0, first)}_${columns.slice(0, second)}${label}`;
}
