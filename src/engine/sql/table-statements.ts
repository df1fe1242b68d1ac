import type { AlterTableCmd, AlterTableStmt, ColumnDef, CreateStmt, DropStmt, Node, RenameStmt } from "libpg-query";
import { ColumnReader, constraintsOf, optionsOf, typeReference } from "./columns.ts";
import { type Token, tokenize } from "./lexer.ts";
import { nameOf, relationName, stringsOf } from "./node-access.ts";
import type { AlterTableAction, CreateTable, QualifiedName, Statement } from "./statement.ts";
import { type TableDialect, TableDialectReader } from "./table-dialect.ts";
import { TokenCursor } from "./token-cursor.ts";
import { parseTree } from "./tree.ts";
import { notSupported, unsupported } from "./unsupported.ts";

/** `CREATE / ALTER / DROP [USER|SHARED|STREAM] TABLE`. */
export function parseTableStatement(text: string): Statement {
  const access = parseSetAccessLevel(text);
  if (access !== undefined) return access;
  const dialect = new TableDialectReader(text).read();
  const node = parseTree(dialect.sql);
  if ("CreateStmt" in node) return createTable(node.CreateStmt, dialect);
  if ("AlterTableStmt" in node) return alterTable(node.AlterTableStmt, dialect);
  if ("RenameStmt" in node) return renameTable(node.RenameStmt, text);
  if ("DropStmt" in node) return dropTable(node.DropStmt, text);
  if ("CreateTableAsStmt" in node) throw notSupported("CREATE TABLE AS", positionOf(text, "as"));
  throw unsupported(text);
}

/** `ALTER TABLE t SET ACCESS LEVEL x`, which no grammar but ours knows. */
function parseSetAccessLevel(text: string): Statement | undefined {
  if (!/\baccess\s+level\b/i.test(text)) return undefined;
  const cursor = new TokenCursor(text);
  if (!cursor.accept("alter")) return undefined;
  if (!cursor.accept("user") && !cursor.accept("shared")) cursor.accept("stream");
  if (!cursor.accept("table")) return undefined;
  const ifExists = cursor.accept("if", "exists");
  const table = cursor.qualifiedName();
  if (!cursor.accept("set", "access", "level")) return undefined;
  const level = cursor.peek()?.kind === "string" ? cursor.string() : cursor.identifier().value;
  cursor.end();
  const options = new Map([["ACCESS_LEVEL", level]]);
  return { kind: "alter_table", table, ifExists, actions: [{ kind: "set_options", options }] };
}

function createTable(create: CreateStmt, dialect: TableDialect): CreateTable {
  const table = relationName(create.relation);
  if (create.relation?.relpersistence === "t") throw notSupported("CREATE TEMPORARY TABLE", table.position);
  if (create.relation?.relpersistence === "u") throw notSupported("CREATE UNLOGGED TABLE", table.position);
  if (create.inhRelations !== undefined) throw notSupported("INHERITS", firstPosition(create.inhRelations));
  if (create.partspec !== undefined) throw notSupported("PARTITION BY", create.partspec.location);
  if (create.partbound !== undefined) throw notSupported("PARTITION OF", create.partbound.location);
  if (create.ofTypename !== undefined) throw notSupported("CREATE TABLE OF", create.ofTypename.location);
  const elements = create.tableElts ?? [];
  const definitions = elements.flatMap((node) => ("ColumnDef" in node ? [node.ColumnDef] : []));
  const like = elements.find((node) => "TableLikeClause" in node);
  if (like !== undefined) throw notSupported("LIKE in CREATE TABLE", table.position);
  const reader = new ColumnReader(dialect, definitions);
  const keys = constraintsOf([...elements, ...(create.constraints ?? [])]).filter(
    (c) => c.contype === "CONSTR_PRIMARY",
  );
  return {
    kind: "create_table",
    table,
    tableKind: dialect.tableKind,
    ifNotExists: create.if_not_exists ?? false,
    columns: definitions.map((column) => reader.read(column).definition),
    primaryKey: keys[0] === undefined ? undefined : stringsOf(keys[0].keys),
    options: optionsOf(create.options),
  };
}

function firstPosition(nodes: readonly Node[]): number | undefined {
  const [first] = nodes;
  return first !== undefined && "RangeVar" in first ? first.RangeVar.location : undefined;
}

function alterTable(alter: AlterTableStmt, dialect: TableDialect): Statement {
  if (alter.objtype !== undefined && alter.objtype !== "OBJECT_TABLE") throw unsupported(dialect.sql);
  const commands = (alter.cmds ?? []).flatMap((node) => ("AlterTableCmd" in node ? [node.AlterTableCmd] : []));
  const columns = commands.flatMap(({ def }) => (def !== undefined && "ColumnDef" in def ? [def.ColumnDef] : []));
  const actions = new AlterReader(dialect, columns);
  return {
    kind: "alter_table",
    table: relationName(alter.relation),
    ifExists: alter.missing_ok ?? false,
    actions: commands.map((command) => actions.read(command)),
  };
}

class AlterReader {
  readonly #columns: ColumnReader;
  readonly #dialect: TableDialect;
  readonly #names: readonly Token[];

  constructor(dialect: TableDialect, columns: readonly ColumnDef[]) {
    this.#dialect = dialect;
    this.#columns = new ColumnReader(dialect, columns);
    this.#names = tokenize(dialect.sql).slice(3);
  }

  read(command: AlterTableCmd): AlterTableAction {
    const column = command.name ?? "";
    const position = this.#names.find((token) => token.value === column)?.start ?? 0;
    const { def } = command;
    switch (command.subtype) {
      case "AT_AddColumn":
        return this.#addOrModify(command);
      case "AT_DropColumn":
        return { kind: "drop_column", column, ifExists: command.missing_ok ?? false, position };
      case "AT_SetNotNull":
        return { kind: "set_not_null", column, position };
      case "AT_DropNotNull":
        return { kind: "drop_not_null", column, position };
      case "AT_ColumnDefault":
        return def === undefined
          ? { kind: "drop_default", column, position }
          : { kind: "set_default", column, expression: def, position };
      case "AT_AlterColumnType":
        return this.#setType(column, def, position);
      case "AT_SetRelOptions":
        return { kind: "set_options", options: optionsOf(def !== undefined && "List" in def ? def.List.items : []) };
      default:
        throw notSupported(describeCommand(command), position === 0 ? undefined : position);
    }
  }

  #addOrModify(command: AlterTableCmd): AlterTableAction {
    const { def } = command;
    if (def === undefined || !("ColumnDef" in def)) throw notSupported("this form of ALTER TABLE");
    const { definition, nullable } = this.#columns.read(def.ColumnDef);
    const starts = this.#names.filter((token) => token.value === "add" && token.kind === "word").map((t) => t.start);
    const verb = starts.findLast((start) => start < definition.position);
    if (verb !== undefined && this.#dialect.modified.includes(verb)) {
      return { kind: "modify_column", column: definition, nullable };
    }
    return { kind: "add_column", column: definition, ifNotExists: command.missing_ok ?? false };
  }

  #setType(column: string, def: Node | undefined, position: number): AlterTableAction {
    const definition = def !== undefined && "ColumnDef" in def ? def.ColumnDef : {};
    if (definition.raw_default !== undefined) throw notSupported("ALTER COLUMN … TYPE … USING", position);
    return { kind: "set_type", column, type: typeReference(definition.typeName, position, false), position };
  }
}

/** `AT_AddConstraint` → `ALTER TABLE … ADD CONSTRAINT`. */
function describeCommand(command: AlterTableCmd): string {
  const words = (command.subtype ?? "").replace(/^AT_/, "").replace(/([a-z])([A-Z])/g, "$1 $2");
  return `ALTER TABLE … ${words.toUpperCase()}`;
}

function renameTable(rename: RenameStmt, text: string): Statement {
  const table = relationName(rename.relation);
  const ifExists = rename.missing_ok ?? false;
  const to = rename.newname ?? "";
  if (rename.renameType === "OBJECT_TABLE") {
    return { kind: "alter_table", table, ifExists, actions: [{ kind: "rename_table", to }] };
  }
  if (rename.renameType !== "OBJECT_COLUMN" || rename.relationType !== "OBJECT_TABLE") throw unsupported(text);
  const from = rename.subname ?? "";
  const tokens = tokenize(text);
  const verb = tokens.findIndex((token) => token.value === "rename" && token.kind === "word");
  const position = tokens.slice(verb + 1).find((token) => token.value === from)?.start ?? 0;
  return { kind: "alter_table", table, ifExists, actions: [{ kind: "rename_column", from, to, position }] };
}

function dropTable(drop: DropStmt, text: string): Statement {
  if (drop.removeType !== "OBJECT_TABLE") throw unsupported(text);
  return { kind: "drop_table", tables: droppedNames(drop, text, "table"), ifExists: drop.missing_ok ?? false };
}

/** Names of a DROP, placed: PostgreSQL's tree has no offsets for them. */
export function droppedNames(drop: DropStmt, text: string, noun: string): QualifiedName[] {
  const tokens = tokenize(text);
  let at = tokens.findIndex((token) => token.value === noun && token.kind === "word") + 1;
  if (drop.missing_ok) at += 2;
  return (drop.objects ?? []).map((node) => {
    const parts = "List" in node ? stringsOf(node.List.items) : [];
    const position = tokens[at]?.start ?? 0;
    at += parts.length * 2;
    return nameOf(parts, position);
  });
}

function positionOf(text: string, word: string): number | undefined {
  return tokenize(text).find((token) => token.value === word && token.kind === "word")?.start;
}
