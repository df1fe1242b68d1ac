export { loadSqlParser } from "./grammar.ts";
export { SqlParser } from "./parser.ts";
export { literalPosition, placeInText } from "./places.ts";
export { locate, type Place } from "./positions.ts";
export type * from "./statement.ts";
export { NumberLiteral } from "./statement.ts";
