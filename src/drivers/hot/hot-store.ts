/**
 * The hot store: ordered keys, binary values, one atomic durable write. Nothing above this interface knows which driver
 * runs. Keys are compared byte by byte, unsigned, shorter first.
 */
export interface HotStore {
  readonly capabilities: HotStoreCapabilities;

  /**
   * Values in the order of the keys asked for; `undefined` where there is none. The buffers of one answer, here and in
   * `scan`, may be slices of one piece of memory: copy what is kept for long.
   */
  get(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]>;

  /** At most `limit` entries of the range, in key order (from the end when `reverse`). The caller goes on from the last key. */
  scan(range: ScanRange): Promise<readonly Entry[]>;

  /**
   * Applies all of the batch or nothing, and resolves when it will survive a crash of the process and of the machine (as far
   * as `capabilities.durable` says so). Order inside a batch: range deletes, deletes, puts.
   *
   * @throws ConditionFailed nothing was written because a condition did not hold.
   * @throws KalamError `storage_full` or `storage_failed`: nothing was written.
   */
  commit(batch: WriteBatch): Promise<void>;

  /** Bytes that the store uses, as well as the driver can tell. */
  size(): Promise<number>;

  /** Resolves when every commit that was begun has ended. Idempotent. */
  close(): Promise<void>;
}

export interface HotStoreCapabilities {
  /** A commit survives the end of the process. */
  readonly durable: boolean;
  /** Several servers may use the store at once. */
  readonly shared: boolean;
}

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface ScanRange {
  /** First key of the range (inclusive). */
  readonly start: Buffer;
  /** End of the range (exclusive). */
  readonly end: Buffer;
  readonly limit: number;
  readonly reverse?: boolean;
}

export interface WriteBatch {
  readonly puts: readonly Entry[];
  readonly deletes?: readonly Buffer[];
  /** Ranges, start inclusive, end exclusive. */
  readonly deleteRanges?: readonly (readonly [Buffer, Buffer])[];
  readonly conditions?: readonly Condition[];
}

/** `expected` undefined: the key must be absent; otherwise its value must be exactly these bytes. */
export interface Condition {
  readonly key: Buffer;
  readonly expected: Buffer | undefined;
}

export class ConditionFailed extends Error {
  readonly key: Buffer;
  constructor(key: Buffer) {
    super("a condition of the batch did not hold");
    this.name = "ConditionFailed";
    this.key = key;
  }
}
