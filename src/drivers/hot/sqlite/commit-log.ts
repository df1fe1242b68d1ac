import { KalamError } from "../../../errors/index.ts";
import type { Clock } from "../../../runtime/clock.ts";
import type { Runtime } from "../../../runtime/runtime.ts";
import { LogFile } from "./log-file.ts";
import { encodeRecord, findRecords, type LogRecord, RECORD_HEADER_BYTES } from "./log-record.ts";
import type { PackedBatch } from "./packed-batch.ts";
import { viewPacked } from "./packed-view.ts";
import { SyncPace } from "./sync-pace.ts";

const HALF_BYTES = 1024 * 1024;
/** Larger batches go to SQLite at once: writing them twice costs more than the trip that the log saves. */
const MAXIMUM_RECORD_BYTES = HALF_BYTES / 8;

/** A batch that is durable in the log. */
export interface LoggedBatch {
  readonly sequence: number;
  readonly batch: PackedBatch;
}

type Time = Pick<Runtime, "clock" | "timers">;

/** How far SQLite has come. */
export interface LogPosition {
  readonly generation: Buffer;
  /** Number of the last record whose batch is in SQLite. */
  readonly sequence: number;
}

/**
 * Small batches become durable here, with one write and one sync of a file that has its length already; SQLite gets them
 * later, many at once.
 *
 *     half 1   [41][42][43]·······     being applied: free once SQLite has noted 43
 *     half 2   [44][45]···········     being written
 *
 * The applier takes a half as a whole, and records go to the other one meanwhile, so the file never grows and never has to be
 * searched for room. A record is overwritten only when SQLite has made its batch durable.
 */
export class CommitLog {
  readonly #file: LogFile;
  readonly #clock: Clock;
  readonly #pace: SyncPace;
  #generation: Buffer;
  #sequence: number;
  #half = 0;
  /** Bytes written in the half under way. */
  #filled = 0;
  #batches: LoggedBatch[] = [];
  #writing: Promise<void> | undefined;

  private constructor(file: LogFile, { generation, sequence }: LogPosition, { clock, timers }: Time) {
    this.#file = file;
    this.#pace = new SyncPace(timers);
    this.#generation = generation;
    this.#sequence = sequence;
    this.#clock = clock;
  }

  /**
   * @returns the log, and what SQLite does not have yet: it must be applied before anything else happens.
   * @throws KalamError `data_corrupt` a record is damaged or missing although later ones are there.
   */
  static async open(
    path: string,
    position: LogPosition,
    time: Time,
  ): Promise<{ readonly log: CommitLog; readonly left: readonly LoggedBatch[] }> {
    const file = await LogFile.open(path, 2 * HALF_BYTES);
    try {
      const bytes = await file.read();
      const left = recordsAfter(path, position.sequence, findRecords(bytes, position.generation)).map(
        ({ sequence, data }) => ({ sequence, batch: viewPacked(data) }),
      );
      const sequence = left.at(-1)?.sequence ?? position.sequence;
      return { log: new CommitLog(file, { ...position, sequence }, time), left };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Number of the last durable record. */
  get sequence(): number {
    return this.#sequence;
  }

  /** What is durable and was not taken yet. */
  get batches(): readonly LoggedBatch[] {
    return this.#batches;
  }

  /** Share of the half under way that is used. */
  get filled(): number {
    return this.#filled / HALF_BYTES;
  }

  /** Whether such a batch is for the log at all. */
  takes({ data, holds }: PackedBatch): boolean {
    return holds !== "conditions" && data.length <= MAXIMUM_RECORD_BYTES;
  }

  hasRoom({ data }: PackedBatch): boolean {
    return this.#filled + RECORD_HEADER_BYTES + data.length <= HALF_BYTES;
  }

  /** Makes a batch durable at once when the event loop may wait for that. @returns whether it did */
  appendNow(batch: PackedBatch): boolean {
    if (!this.#pace.mayWait(batch.starts.length)) return false;
    const started = this.#clock.monotonic();
    const record = this.#encode(batch);
    this.#file.writeAndWait(record, this.#position);
    this.#pace.waited(this.#clock.monotonic() - started);
    this.#appended(batch, record);
    return true;
  }

  /** One at a time; the batch has room and the half stays until the record is durable. */
  append(batch: PackedBatch): Promise<void> {
    const started = this.#clock.monotonic();
    const record = this.#encode(batch);
    const written = this.#file.write(record, this.#position).then(() => {
      this.#pace.measured(this.#clock.monotonic() - started);
      this.#appended(batch, record);
    });
    const ended = () => {
      this.#writing = undefined;
    };
    this.#writing = written.then(ended, ended);
    return written;
  }

  /** Resolves when no record is on its way to the half under way. */
  async idle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Gives what is in the half under way, which must be idle; from now on the other one is written, which must be free. */
  takeHalf(): readonly LoggedBatch[] {
    if (this.#batches.length === 0) return [];
    const taken = this.#batches;
    this.#batches = [];
    this.#half = 1 - this.#half;
    this.#filled = 0;
    return taken;
  }

  /** Makes all records worthless that were written so far. Nothing may be left in the log that SQLite does not have. */
  restart(generation: Buffer): void {
    this.#generation = generation;
    this.#filled = 0;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #encode({ data }: PackedBatch): Buffer {
    return encodeRecord(this.#generation, { sequence: this.#sequence + 1, data });
  }

  get #position(): number {
    return this.#half * HALF_BYTES + this.#filled;
  }

  #appended(batch: PackedBatch, record: Buffer): void {
    this.#filled += record.length;
    this.#batches.push({ sequence: ++this.#sequence, batch });
  }
}

/** The records after `applied`, in order. The last one may be torn, which looks as if it had never been; others may not. */
function recordsAfter(path: string, applied: number, found: readonly LogRecord[]): LogRecord[] {
  const left = found.filter(({ sequence }) => sequence > applied).sort((a, b) => a.sequence - b.sequence);
  for (const [index, { sequence }] of left.entries()) {
    const expected = applied + 1 + index;
    if (sequence === expected) continue;
    const reason = `record ${expected} of the commit log is damaged or missing, although record ${sequence} is there`;
    throw new KalamError("data_corrupt", { path, reason });
  }
  return left;
}
