import { monotonicFactory } from "ulid";
import { V7Generator } from "uuidv7";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/** Makes the ids that are text: UUID version 7 and ULID. Each kind grows within one process. */
export class TextIds {
  readonly #clock: Clock;
  readonly #uuid: V7Generator;
  readonly #ulid: (seedTime?: number) => string;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#uuid = new V7Generator({ nextUint32: () => word(random) });
    this.#ulid = monotonicFactory(() => word(random) / 0x1_0000_0000);
  }

  /** For example `019a1b2c-…`, RFC 9562. */
  uuidV7(): string {
    return this.#uuid.generateOrResetCore(this.#clock.now(), 10_000).toString();
  }

  /** 26 characters of Crockford's base 32. */
  ulid(): string {
    return this.#ulid(this.#clock.now());
  }
}

function word(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4);
  return (a * 0x1000000 + (b << 16) + (c << 8) + d) >>> 0;
}
