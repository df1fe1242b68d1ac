import type { DuckDBTableFunction } from "@duckdb/node-api";
import { duckApi } from "../../../duckdb/native.ts";
import { vectorType } from "../../../duckdb/vector-types.ts";
import { type ColumnWriter, columnWriter, VECTOR_SIZE, vectorOf } from "../../../duckdb/vector-writer.ts";
import type { Row } from "../../../types/column-type.ts";
import type { Scan, ScanColumn } from "../render/scans.ts";

/** One reading of a relation by DuckDB. */
interface Reading {
  readonly scan: Scan;
  readonly chunks: Iterator<readonly Row[]>;
  readonly writers: readonly (ColumnWriter | undefined)[];
  chunk: readonly Row[];
  next: number;
  done: boolean;
}

/**
 * `kalam_scan(token)`: the one way from DuckDB to rows in memory. A token is 128 random bits, known to the registry only while its
 * statement runs, and no text of a user can name the function, since the renderer writes only functions of its own lists.
 *
 * DuckDB calls back on the JavaScript thread, once for each 2048 rows. Only the columns that the statement names are declared, and
 * of those only what DuckDB asks for is filled.
 */
export class ScanFunction {
  readonly #scans = new Map<string, Scan>();
  readonly #failures = new WeakMap<Scan, unknown>();

  /** What DuckDB registers. Loads DuckDB. */
  definition(): DuckDBTableFunction {
    const { BOOLEAN, DuckDBTableFunction, VARCHAR } = duckApi();
    return DuckDBTableFunction.create({
      name: "kalam_scan",
      parameterTypes: [VARCHAR],
      supportsProjectionPushdown: true,
      bindFunction: (bind) => {
        const scan = this.#scans.get(String(bind.getParameter(0)));
        if (scan === undefined) {
          bind.setError("unknown relation");
          return;
        }
        const columns = usedColumns(scan);
        for (const column of columns) bind.addResultColumn(column.name, vectorType(column.column.type));
        if (columns.length === 0) bind.addResultColumn("k_row", BOOLEAN);
        if (scan.rowEstimate !== undefined) bind.setCardinality(scan.rowEstimate, false);
        bind.setBindData({ scan, columns });
      },
      initFunction: (init) => {
        const { scan, columns } = init.bindData as { scan: Scan; columns: readonly ScanColumn[] };
        const { rows } = scan;
        if (rows === undefined) {
          init.setError("the relation cannot be read at once");
          return;
        }
        const writers = init.getColumnIndexes().map((index) => {
          const column = columns[index]?.column;
          return column === undefined ? undefined : columnWriter(column.type, column.slot);
        });
        init.setMaxThreads(1);
        const reading: Reading = { scan, chunks: rows[Symbol.iterator](), writers, chunk: [], next: 0, done: false };
        init.setInitData(reading);
      },
      mainFunction: (call, chunk) => {
        const reading = call.initData as Reading;
        try {
          const rows = take(reading);
          for (let index = 0; index < reading.writers.length && rows.length > 0; index++) {
            reading.writers[index]?.(vectorOf(chunk.chunk, index), rows, rows.length);
          }
          chunk.rowCount = rows.length;
        } catch (error) {
          this.#failures.set(reading.scan, error);
          call.setError("the relation cannot be read");
        }
      },
    });
  }

  get open(): number {
    return this.#scans.size;
  }

  /** Why the relation could not be read: DuckDB would keep only a text of it. */
  failureOf(scan: Scan): unknown {
    return this.#failures.get(scan);
  }

  register(scan: Scan): void {
    this.#scans.set(scan.token, scan);
  }

  forget(scan: Scan): void {
    this.#scans.delete(scan.token);
  }
}

export function usedColumns(scan: Scan): readonly ScanColumn[] {
  return scan.columns.filter((column) => column.used);
}

/** The next rows, at most a vector full. */
function take(reading: Reading): readonly Row[] {
  const whole = reading.next === 0 && reading.chunk.length === VECTOR_SIZE;
  const rows: Row[] = [];
  while (rows.length < VECTOR_SIZE && !reading.done) {
    if (reading.next < reading.chunk.length) {
      if (whole) {
        reading.next = reading.chunk.length;
        return reading.chunk;
      }
      const end = Math.min(reading.chunk.length, reading.next + VECTOR_SIZE - rows.length);
      for (let at = reading.next; at < end; at++) rows.push(reading.chunk[at] ?? []);
      reading.next = end;
      continue;
    }
    const step = reading.chunks.next();
    reading.done = step.done === true;
    reading.chunk = step.done === true ? [] : step.value;
    reading.next = 0;
  }
  return rows;
}
