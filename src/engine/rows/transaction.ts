import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { DELETED_SLOT, SEQ_SLOT } from "../catalog/table-schema.ts";
import type { ColdFindings } from "../cold/cold-findings.ts";
import type { Row, Value } from "../types/column-type.ts";
import { approximateBytes } from "../types/index.ts";
import type { CommitPipeline, PartitionReads } from "./commit-pipeline.ts";
import type { Partition } from "./partition.ts";
import type { Overlay } from "./table-relation.ts";
import type { WriteTarget } from "./write-target.ts";

/** Rows that COMMIT stages before the event loop gets a turn. */
const ROWS_PER_TURN = 1000;

interface Staged {
  row: Row;
  /** `_seq` of the committed row that the first change of this key was made on; undefined: there was none. */
  readonly base: bigint | undefined;
}

/** Committed rows by key, as they were at one moment. */
export interface CommittedRows {
  get(key: string): Row | undefined;
}

interface Undo {
  readonly staged: Map<string, Staged>;
  readonly key: string;
  readonly former: Staged | undefined;
}

/**
 * `BEGIN … COMMIT`: changes are kept here, over the committed rows, and become one job of the commit pipeline at COMMIT.
 *
 *     BEGIN ─ UPDATE a ─ SELECT a ─ INSERT b ─ COMMIT
 *              │ stage    │ reads a    │ stage    └─ one job: is every row still the version it was changed from?
 *              └──────────┴ its own    └             yes: all of it commits      no: 40001, nothing commits
 *
 * The first to commit wins. Because a transaction arrives in one request, the engine can run a loser again (`attempts`).
 */
export class Transaction implements WriteTarget {
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #maxBytes: number;
  readonly #staged = new Map<Partition, Map<string, Staged>>();
  readonly #overlays = new Map<Partition, Map<string, Row>>();
  readonly #committed = new Map<Partition, CommittedRows>();
  readonly #undo: Undo[] = [];
  readonly #pinned = new Set<Partition>();
  #bytes = 0;

  constructor(id: string, runtime: Runtime, maxBytes: number) {
    this.id = id;
    this.#runtime = runtime;
    this.#maxBytes = maxBytes;
  }

  /** What this transaction has changed in a partition. */
  overlay(partition: Partition): Overlay | undefined {
    return this.#overlays.get(partition);
  }

  /** Keeps a partition as it is until the transaction ends. */
  pin(partition: Partition): void {
    if (this.#pinned.has(partition)) return;
    this.#pinned.add(partition);
    partition.pins++;
  }

  /** Ends the transaction: what it holds is given back. */
  end(): void {
    for (const partition of this.#pinned) partition.pins--;
    this.#pinned.clear();
    this.#staged.clear();
    this.#overlays.clear();
    this.#committed.clear();
  }

  /** The committed rows that the next statement works on. */
  look(partition: Partition, rows: CommittedRows): void {
    this.#committed.set(partition, rows);
  }

  get(partition: Partition, key: string): Row | undefined {
    const staged = this.#staged.get(partition)?.get(key);
    if (staged !== undefined) return staged.row[DELETED_SLOT] === true ? undefined : staged.row;
    return this.#committed.get(partition)?.get(key);
  }

  put(partition: Partition, key: string, row: Value[]): void {
    row[SEQ_SLOT] = this.#runtime.seq.next();
    row[DELETED_SLOT] = false;
    this.#stage(partition, key, row);
  }

  append(partition: Partition, row: Value[]): string {
    row[SEQ_SLOT] = this.#runtime.seq.next();
    row[DELETED_SLOT] = false;
    const key = partition.schema.keyOf(row);
    this.#stage(partition, key, row);
    return key;
  }

  remove(partition: Partition, key: string, row: Row): void {
    const tombstone = [...row];
    tombstone[SEQ_SLOT] = this.#runtime.seq.next();
    tombstone[DELETED_SLOT] = true;
    this.#stage(partition, key, tombstone);
  }

  expire(partition: Partition, key: string, row: Row): void {
    this.remove(partition, key, row);
  }

  #stage(partition: Partition, key: string, row: Row): void {
    for (const value of row) this.#bytes += approximateBytes(value);
    if (this.#bytes > this.#maxBytes) {
      throw new KalamError("transaction_too_large", { bytes: this.#bytes, maximum: this.#maxBytes });
    }
    this.pin(partition);
    let staged = this.#staged.get(partition);
    if (staged === undefined) {
      staged = new Map();
      this.#staged.set(partition, staged);
      this.#overlays.set(partition, new Map());
    }
    const former = staged.get(key);
    const base = former === undefined ? seqOf(this.#committed.get(partition)?.get(key)) : former.base;
    this.#undo.push({ staged, key, former });
    staged.set(key, { row, base });
    this.#overlays.get(partition)?.set(key, row);
  }

  mark(): number {
    return this.#undo.length;
  }

  rollback(mark: number): void {
    while (this.#undo.length > mark) {
      const { staged, key, former } = this.#undo.pop() as Undo;
      if (former === undefined) staged.delete(key);
      else staged.set(key, former);
      for (const [partition, map] of this.#staged) {
        if (map !== staged) continue;
        const overlay = this.#overlays.get(partition);
        if (former === undefined) overlay?.delete(key);
        else overlay?.set(key, former.row);
      }
    }
  }

  /**
   * @param find what segments have of keys that are not hot
   * @throws KalamError `serialization_failure` when a row was changed by somebody else meanwhile.
   */
  async commit(
    pipeline: CommitPipeline,
    find: (partition: Partition, keys: readonly string[]) => Promise<ColdFindings | undefined>,
    stillValid: (partition: Partition) => void,
  ): Promise<void> {
    const reads: PartitionReads[] = [];
    for (const [partition, staged] of this.#staged) {
      const keys = [...staged.keys()];
      reads.push({ partition, keys, cold: await find(partition, keys) });
    }
    if (reads.length === 0) return;
    await pipeline.submit({
      reads,
      prepare: (batch) => {
        const turns = this.#stageInto(batch, stillValid);
        return turns.next().done === true ? undefined : this.#finish(turns);
      },
    });
  }

  /** Checks and stages everything; gives way after every so many rows. */
  *#stageInto(batch: WriteTarget, stillValid: (partition: Partition) => void): Generator<void, void, undefined> {
    let rows = 0;
    for (const [partition, staged] of this.#staged) {
      stillValid(partition);
      const keyless = partition.schema.definition.primaryKey.length === 0;
      for (const [key, { row, base }] of staged) {
        const current = batch.get(partition, key);
        if (seqOf(current) !== base) throw new KalamError("serialization_failure");
        if (row[DELETED_SLOT] === true) {
          if (current !== undefined) batch.remove(partition, key, row);
        } else if (keyless) batch.append(partition, [...row]);
        else batch.put(partition, key, [...row]);
        if (++rows % ROWS_PER_TURN === 0) yield;
      }
    }
  }

  async #finish(turns: Generator<void, void, undefined>): Promise<void> {
    do await this.#runtime.timers.yield();
    while (turns.next().done !== true);
  }
}

function seqOf(row: Row | undefined): bigint | undefined {
  return row?.[SEQ_SLOT] as bigint | undefined;
}
