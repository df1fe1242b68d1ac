import type { Row } from "../types/column-type.ts";
import type { Partition } from "./partition.ts";

/** A version of a row that has become visible. */
export interface RowChange {
  readonly key: string;
  /** The live row that it replaces. */
  readonly former: Row | undefined;
  /** A deletion has `_deleted` true. */
  readonly row: Row;
}

/** Who wants to hear of the changes of a table. */
export interface ChangeFollower {
  follows(partition: Partition): boolean;
  /** In the order of `_seq`, in the turn in which the changes become visible. Must not throw. */
  tell(partition: Partition, changes: readonly RowChange[]): void;
}

/** Where the commit pipeline says what has become visible. A table that nobody follows costs one look into a map a batch. */
export class ChangeFeed {
  readonly #followers = new Map<number, ChangeFollower>();
  /** Earlier runs have given out none beyond this `_seq`, this one none up to it. */
  startSeq = 0n;
  /** Versions up to this `_seq` are visible, later ones will be told. */
  lastSeq = 0n;

  follow(tableId: number, follower: ChangeFollower): void {
    this.#followers.set(tableId, follower);
  }

  unfollow(tableId: number): void {
    this.#followers.delete(tableId);
  }

  get isEmpty(): boolean {
    return this.#followers.size === 0;
  }

  followerOf(partition: Partition): ChangeFollower | undefined {
    const follower = this.#followers.get(partition.schema.definition.id);
    return follower?.follows(partition) === true ? follower : undefined;
  }
}
