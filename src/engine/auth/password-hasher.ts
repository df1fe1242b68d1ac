import { KalamError } from "../../errors/index.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** 19 MiB, two passes, one lane: OWASP's first choice for argon2id. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A hash with the same cost whose password nobody knows: checking it takes as long as checking a real one. */
const NOBODYS_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$0wKCwVkSHU6JkqLtOJqung$bmyA9oq8ZKHdgNxDFPu/s2sVbvpvOCyx2LvQpPYCiF0";

/** Hashing takes a thread and 19 MiB for some 20 ms; the store needs threads of the same pool. */
const MAX_RUNNING = 2;
const MAX_WAITING = 256;

/** Hashes and checks passwords with argon2id, a few at a time. */
export class PasswordHasher {
  readonly #runtime: Runtime;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** @returns a PHC string. */
  hash(password: string): Promise<string> {
    return this.#inTurn(async () => {
      const { hash } = await import("@node-rs/argon2");
      return hash(password, { ...COST, salt: this.#runtime.random.bytes(16) });
    });
  }

  /**
   * Whether the password belongs to the hash. An empty hash belongs to no password; finding that out takes as long as with a
   * real one.
   */
  verify(phc: string, password: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const { verify } = await import("@node-rs/argon2");
      const matches = await verify(phc === "" ? NOBODYS_HASH : phc, password);
      return matches && phc !== "" && password !== "";
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_RUNNING) {
      if (this.#waiting.length >= MAX_WAITING) throw new KalamError("overloaded", { waiting: this.#waiting.length });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
