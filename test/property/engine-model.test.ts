import fc from "fast-check";
import { jobsDone } from "../support/cold.ts";
import { EngineModel, type Kind, type ModelColumn } from "../support/engine-model.ts";
import { EngineUnderTest } from "../support/engine-model-real.ts";
import { type Caller, literal, NAMESPACES, pick, placeOf, type Write, write } from "../support/engine-model-writes.ts";
import { withFolder } from "../support/folder.ts";

const LONG = process.env.KALAMDB_TEST_LONG !== undefined;
const SEED = process.env.KALAMDB_TEST_SEED === undefined ? {} : { seed: Number(process.env.KALAMDB_TEST_SEED) };

type Command = fc.AsyncCommand<EngineModel, EngineUnderTest>;

/** Runs a step on the model and on the engine, then compares all they hold. */
class Step implements Command {
  readonly #text: string;
  readonly #work: (model: EngineModel, real: EngineUnderTest) => Promise<string>;
  #ran = "";

  constructor(text: string, work: (model: EngineModel, real: EngineUnderTest) => Promise<string>) {
    this.#text = text;
    this.#work = work;
  }

  check(): boolean {
    return true;
  }

  async run(model: EngineModel, real: EngineUnderTest): Promise<void> {
    this.#ran = this.#text;
    this.#ran = await this.#work(model, real);
    await real.compare(model);
  }

  toString(): string {
    return this.#ran === "" ? this.#text : this.#ran;
  }
}

const small = fc.nat({ max: 21 });

const aWrite: fc.Arbitrary<Write> = fc.record({
  kind: fc.constantFrom("insert", "insert", "insert", "update", "update", "delete"),
  table: fc.nat({ max: 3 }),
  rows: fc.array(fc.array(small, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
  conflict: fc.nat({ max: 2 }),
  where: fc.tuple(fc.nat({ max: 6 }), small, small),
  set: fc.tuple(small, small, fc.boolean()),
  returning: fc.boolean(),
});

const aCaller: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ user: "root", admin: true, actingFor: undefined }) },
  { weight: 3, arbitrary: fc.constant({ user: "alice", admin: false, actingFor: undefined }) },
  { weight: 2, arbitrary: fc.constant({ user: "bob", admin: false, actingFor: undefined }) },
  { weight: 2, arbitrary: fc.constant({ user: "root", admin: true, actingFor: "alice" }) },
);

const writes = fc.tuple(aCaller, aWrite).map(
  ([caller, command]) =>
    new Step("write", async (model, real) => {
      const { sql, outcome } = write(model, caller, command, false);
      await real.expectOutcome(caller.user, sql, outcome);
      return `${caller.user}: ${sql}`;
    }),
);

const transactions = fc
  .tuple(aCaller, fc.array(aWrite, { minLength: 1, maxLength: 4 }), fc.constantFrom("COMMIT", "COMMIT", "ROLLBACK"))
  .map(
    ([caller, commands, end]) =>
      new Step("transaction", async (model, real) => {
        const inside = model.clone();
        const texts = ["BEGIN"];
        for (const command of commands) {
          const { sql, outcome } = write(inside, caller, { ...command, returning: false }, true);
          texts.push(sql);
          if (!("error" in outcome)) continue;
          await real.expectOutcome(caller.user, [...texts, end].join("; "), outcome);
          return `${caller.user}: ${texts.join("; ")} (fails)`;
        }
        const sql = [...texts, end].join("; ");
        await real.expectOutcome(caller.user, sql, { touched: [] });
        if (end === "COMMIT") for (const [name, tables] of inside.namespaces) model.namespaces.set(name, tables);
        return `${caller.user}: ${sql}`;
      }),
  );

const namespaces = fc.tuple(fc.constantFrom(...NAMESPACES), fc.nat({ max: 5 })).map(
  ([name, choice]) =>
    new Step("namespace", async (model, real) => {
      const there = model.namespaces.has(name);
      const drop = there && choice === 0;
      const sql = `${drop ? "DROP" : "CREATE"} NAMESPACE ${name}`;
      await real.expectOutcome("root", sql, there && !drop ? { error: "namespace_exists" } : { touched: [] });
      if (drop) model.namespaces.delete(name);
      else if (!there) model.namespaces.set(name, new Map());
      return sql;
    }),
);

const KEYS: readonly (readonly string[])[] = [["id"], ["k", "id"], ["id", "k"], []];

async function createTable(
  model: EngineModel,
  real: EngineUnderTest,
  [namespace, name]: readonly [string, string],
  kind: Kind,
  key: readonly string[],
): Promise<string> {
  const known = model.namespaces.get(namespace);
  const own: ModelColumn[] = [...(key.includes("k") ? ["k"] : []), "id", "v", "s"].map((column) => ({
    name: column,
    type: column === "k" || column === "s" ? "TEXT" : "INT",
    fallback: null,
  }));
  const columns = own.map((column) => `${column.name} ${column.type}`).join(", ");
  const keyText = key.length === 0 ? "" : `, PRIMARY KEY (${key.join(", ")})`;
  const options = kind === "stream" ? " WITH (TTL_SECONDS = 36000)" : "";
  const sql = `CREATE ${kind.toUpperCase()} TABLE ${namespace}.${name} (${columns}${keyText})${options}`;
  const error = known === undefined ? "namespace_not_found" : known.has(name) ? "table_exists" : undefined;
  await real.expectOutcome("root", sql, error === undefined ? { touched: [] } : { error });
  if (error === undefined) known?.set(name, { kind, columns: own, key: [...key], rows: new Map() });
  return sql;
}

const aKind = fc.constantFrom<Kind[]>("user", "shared", "user", "shared", "stream");

const tables = fc.tuple(fc.nat({ max: 3 }), aKind, fc.constantFrom(...KEYS), fc.nat({ max: 7 })).map(
  ([place, kind, key, choice]) =>
    new Step("table", async (model, real) => {
      const [namespace, name] = placeOf(place);
      if (model.table(namespace, name) === undefined || choice === 0) {
        return createTable(model, real, [namespace, name], kind, key);
      }
      if (choice > 2) return "(leave the table)";
      const sql = `DROP TABLE ${namespace}.${name}`;
      await real.expectOutcome("root", sql, { touched: [] });
      model.namespaces.get(namespace)?.delete(name);
      return `${sql}; ${await createTable(model, real, [namespace, name], kind, key)}`;
    }),
);

const alterations = fc
  .tuple(fc.nat({ max: 3 }), fc.constantFrom("add", "add", "drop", "rename"), small, fc.constantFrom("c", "d", "e"))
  .map(
    ([place, action, number, fresh]) =>
      new Step("alter", async (model, real) => {
        const [namespace, name] = placeOf(place);
        const table = model.table(namespace, name);
        if (table === undefined) return "(nothing to alter)";
        const head = `ALTER TABLE ${namespace}.${name}`;
        const column = pick(table.columns, number);
        const taken = table.columns.some((other) => other.name === fresh);
        const stream = table.kind === "stream" ? "feature_not_supported" : undefined;
        if (action === "add") {
          const added: ModelColumn =
            number % 2 === 0
              ? { name: fresh, type: "INT", fallback: number % 3 === 0 ? null : number }
              : { name: fresh, type: "TEXT", fallback: number % 3 === 0 ? null : `d'${number}` };
          const fallback = added.fallback === null ? "" : ` DEFAULT ${literal(added.fallback)}`;
          const sql = `${head} ADD COLUMN ${fresh} ${added.type}${fallback}`;
          const error = stream ?? (taken ? "column_exists" : undefined);
          await real.expectOutcome("root", sql, error === undefined ? { touched: [] } : { error });
          if (error !== undefined) return sql;
          table.columns = [...table.columns, added];
          for (const [user, rows] of table.rows) {
            table.rows.set(
              user,
              rows.map((row) => ({ ...row, [fresh]: added.fallback })),
            );
          }
          return sql;
        }
        if (action === "drop") {
          const sql = `${head} DROP COLUMN ${column.name}`;
          const needed = table.key.includes(column.name) || table.columns.length === 1;
          const error = stream ?? (needed ? "invalid_table_definition" : undefined);
          await real.expectOutcome("root", sql, error === undefined ? { touched: [] } : { error });
          if (error !== undefined) return sql;
          table.columns = table.columns.filter((other) => other !== column);
          for (const [user, rows] of table.rows) {
            table.rows.set(
              user,
              rows.map((row) => Object.fromEntries(Object.entries(row).filter(([other]) => other !== column.name))),
            );
          }
          return sql;
        }
        const sql = `${head} RENAME COLUMN ${column.name} TO ${fresh}`;
        const error = stream ?? (taken ? "column_exists" : undefined);
        await real.expectOutcome("root", sql, error === undefined ? { touched: [] } : { error });
        if (error !== undefined) return sql;
        const renamed = (other: string): string => (other === column.name ? fresh : other);
        table.columns = table.columns.map((other) => ({ ...other, name: renamed(other.name) }));
        table.key = table.key.map(renamed);
        for (const [user, rows] of table.rows) {
          table.rows.set(
            user,
            rows.map((row) => Object.fromEntries(Object.entries(row).map(([other, cell]) => [renamed(other), cell]))),
          );
        }
        return sql;
      }),
  );

const clearings = fc.constant(0).map(
  () =>
    new Step("clear cache", async (_model, real) => {
      await real.expectOutcome("root", "CLEAR CACHE", { touched: [] });
      return "CLEAR CACHE";
    }),
);

/** Rows move to segments and segments are merged; or that has only been begun when the next step comes. */
const flushes = fc.tuple(fc.constantFrom("FLUSH", "FLUSH", "COMPACT"), fc.boolean()).map(
  ([verb, wait]) =>
    new Step(verb, async (_model, real) => {
      await real.as("root").query(`STORAGE ${verb} ALL`);
      if (wait) await jobsDone(real.as("root"));
      return `STORAGE ${verb} ALL${wait ? "" : " (in the background)"}`;
    }),
);

const restarts = fc.boolean().map(
  (crash) =>
    new Step(crash ? "crash" : "restart", async (model, real) => {
      await (crash ? real.crash() : real.restart());
      model.restart();
      return crash ? "crash" : "restart";
    }),
);

/** From "everything fits" to "nothing stays": partitions are resident, evicted, spilled, or all of these in turn. */
const BUDGETS = [
  {},
  { segmentRows: 3, compactedSegmentRows: 5 },
  { maxPartitionBytes: 1800 },
  { cacheBytes: 3000, segmentRows: 2, compactionMinSegments: 3 },
  { cacheBytes: 1, maxPartitionBytes: 900, segmentRows: 4 },
];

/** Every kind of table is there from the beginning. */
const START: readonly (readonly [number, Kind, readonly string[]])[] = [
  [0, "user", ["k", "id"]],
  [1, "shared", ["id"]],
  [2, "user", []],
  [3, "stream", ["id"]],
];

describe("the engine and its model", () => {
  for (const driver of ["sqlite", "memory"] as const) {
    it(`hold the same after any sequence of statements (${driver})`, async function () {
      this.timeout(LONG ? 3_600_000 : 180_000);
      const commands: fc.Arbitrary<Command>[] = new Array<fc.Arbitrary<Command>>(14).fill(writes);
      commands.push(transactions, transactions, transactions, namespaces, tables, alterations, alterations, clearings);
      commands.push(flushes, flushes, flushes);
      if (driver === "sqlite") commands.push(restarts);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...BUDGETS),
          fc.commands(commands, { maxCommands: LONG ? 400 : 70, size: "max" }),
          async (budget, sequence) => {
            await withFolder(async (folder) => {
              const real = await EngineUnderTest.open(folder, { driver, ...budget });
              try {
                await fc.asyncModelRun(async () => {
                  const model = new EngineModel();
                  for (const name of NAMESPACES) {
                    await real.expectOutcome("root", `CREATE NAMESPACE ${name}`, { touched: [] });
                    model.namespaces.set(name, new Map());
                  }
                  for (const [place, kind, key] of START) await createTable(model, real, placeOf(place), kind, key);
                  return { model, real };
                }, sequence);
              } finally {
                await real.close();
              }
            });
          },
        ),
        { numRuns: LONG ? 500 : 6, ...SEED },
      );
    });
  }
});
