import BTreeModule from "sorted-btree";
import type { TableSchema } from "../catalog/table-schema.ts";
import type { Row } from "../types/column-type.ts";

// The package is CommonJS: under Node's ESM rules its class is the `default` of its exports.
export const RowTree = BTreeModule.default;
export type RowTree = InstanceType<typeof RowTree<string, Row>>;

/** What a row costs in memory beyond its encoded bytes: the array, the tree's slot, string and bigint headers. */
const ROW_OVERHEAD_BYTES = 200;

/** Memory of a partition's own object and its place in the cache. */
const PARTITION_OVERHEAD_BYTES = 600;

/** Memory that all partitions of a cache use together, in bytes. */
export interface MemoryAccount {
  used: number;
}

export type PartitionState = "absent" | "loading" | "resident" | "spilled";

/** Rows that a spilled partition had when a scan of it began, for keys that were written since. */
export type PreImages = Map<string, Row | undefined>;

/**
 * The rows of one user in one table, or of one shared table: the unit of ordering and of caching.
 *
 *     absent ──load──▶ loading ──▶ resident      all live rows in memory, in key order
 *                          │          │ grows past the limit
 *                          └──▶ spilled ◀┘       too large: read from the store, piece by piece
 *
 * Only the commit pipeline changes rows, and only after they are durable. Readers take the tree as it stands; if one is still
 * reading when a commit arrives, the commit works on a clone (O(1), copy on write) and the reader keeps the old tree:
 *
 *     reader   ├── tree A ───────────────────────────┤
 *     commit             └─ clone A → B, apply to B
 *     reader 2                ├── tree B ──┤
 *
 * A spilled partition has no tree; there the commit keeps the former rows of what it overwrites for as long as a scan is open.
 */
export class Partition {
  readonly user: string;
  readonly prefix: string;
  schema: TableSchema;
  state: PartitionState = "absent";
  /** Users of this object that must find it again as they left it. */
  pins = 0;
  loading: Promise<void> | undefined;
  readonly #account: MemoryAccount;
  #bytes = PARTITION_OVERHEAD_BYTES;
  #tree: RowTree = new RowTree<string, Row>();
  #readers = 0;
  #backlog: { key: string; row: Row | undefined; bytes: number }[] = [];
  readonly #openScans = new Set<PreImages>();

  constructor(schema: TableSchema, user: string, prefix: string, account: MemoryAccount) {
    this.schema = schema;
    this.user = user;
    this.prefix = prefix;
    this.#account = account;
    account.used += this.#bytes;
  }

  /** Estimated memory, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  #resize(bytes: number): void {
    this.#account.used += bytes - this.#bytes;
    this.#bytes = bytes;
  }

  /** The cache lets go of this object: its memory no longer counts. Readers that hold its tree go on undisturbed. */
  leave(): void {
    this.#account.used -= this.#bytes;
    this.#bytes = 0;
  }

  get rowCount(): number {
    return this.#tree.size;
  }

  /** The live row with this key; only for a resident partition. */
  get(key: string): Row | undefined {
    return this.#tree.get(key);
  }

  /** The rows as they are now, to be changed at will. */
  snapshot(): RowTree {
    return this.#tree.clone();
  }

  /** Takes the tree for reading; pair with `release`. */
  acquire(): RowTree {
    this.#readers++;
    return this.#tree;
  }

  release(tree: RowTree): void {
    if (tree === this.#tree && this.#readers > 0) this.#readers--;
  }

  beginLoad(): void {
    this.state = "loading";
    this.#backlog = [];
  }

  /** Takes over what was read from the store, then what was committed meanwhile. */
  finishLoad(tree: RowTree, bytes: number): void {
    this.#tree = tree;
    this.#readers = 0;
    this.#resize(PARTITION_OVERHEAD_BYTES + bytes);
    this.state = "resident";
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const change of backlog) this.apply(change.key, change.row, change.bytes);
  }

  /** Gives the rows in memory back; they are read from the store from now on. */
  spill(): void {
    this.#tree = new RowTree<string, Row>();
    this.#readers = 0;
    this.#backlog = [];
    this.#resize(PARTITION_OVERHEAD_BYTES);
    this.state = "spilled";
  }

  failLoad(): void {
    this.#backlog = [];
    this.state = "absent";
  }

  openScan(): PreImages {
    const images: PreImages = new Map();
    this.#openScans.add(images);
    return images;
  }

  closeScan(images: PreImages): void {
    this.#openScans.delete(images);
  }

  /** Called before a commit goes to the store: open scans remember what they would no longer find there. */
  keepPreImage(key: string, former: Row | undefined): void {
    for (const images of this.#openScans) if (!images.has(key)) images.set(key, former);
  }

  /**
   * A committed change. `row` undefined: the row is gone.
   * @param encodedBytes size of the row in the store
   */
  apply(key: string, row: Row | undefined, encodedBytes: number): void {
    if (this.state === "loading") {
      this.#backlog.push({ key, row, bytes: encodedBytes });
      return;
    }
    if (this.state !== "resident") return;
    if (this.#readers > 0) {
      this.#tree = this.#tree.clone();
      this.#readers = 0;
    }
    const before = this.#tree.size;
    const average = before === 0 ? 0 : (this.#bytes - PARTITION_OVERHEAD_BYTES) / before;
    if (row === undefined) {
      if (this.#tree.delete(key)) this.#resize(this.#bytes - average);
      return;
    }
    const added = this.#tree.set(key, row);
    this.#resize(this.#bytes + rowBytes(encodedBytes) - (added ? 0 : average));
  }
}

export function rowBytes(encodedBytes: number): number {
  return encodedBytes + ROW_OVERHEAD_BYTES;
}
