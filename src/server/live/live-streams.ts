import type { Principal } from "../../engine/auth/roles.ts";
import { KalamError } from "../../errors/index.ts";
import { checkParameters } from "../http/sql-request.ts";
import type { Encoding } from "./frames.ts";
import type { LiveContext } from "./live-context.ts";
import { LiveStream } from "./live-stream.ts";
import type { IncomingSubscription } from "./messages.ts";
import type { Outbox } from "./outbox.ts";

const MAX_ID_CHARACTERS = 256;

export interface LiveStreamsOptions {
  readonly connectionId: string;
  readonly principal: Principal;
  readonly outbox: Outbox;
  readonly encoding: Encoding;
  /** Microseconds since 1970. */
  readonly lastHeard: () => bigint;
}

/** The subscriptions of one connection, by the ids that its client chose. Calls for one id come one after another. */
export class LiveStreams {
  readonly #context: LiveContext;
  readonly #options: LiveStreamsOptions;
  readonly #streams = new Map<string, LiveStream>();

  constructor(context: LiveContext, options: LiveStreamsOptions) {
    this.#context = context;
    this.#options = options;
  }

  /**
   * Opens a subscription; one with the same id makes room for it.
   *
   * @throws KalamError or StatementFailure why it cannot be opened
   */
  async open({ id, sql, params, options }: IncomingSubscription): Promise<void> {
    const { principal, outbox, encoding, connectionId, lastHeard } = this.#options;
    if (id.trim() === "" || id.length > MAX_ID_CHARACTERS) {
      throw new KalamError("live_subscription_id", { maximum: MAX_ID_CHARACTERS });
    }
    const { config, source } = this.#context;
    const limits = {
      count: config["execution.max_parameters"],
      bytes: config["execution.max_parameter_size_bytes"],
    };
    const parameters = params === undefined ? undefined : checkParameters(params, sql, limits, true);
    this.close(id);
    this.#takeSeat();
    const stream = new LiveStream({
      source,
      request: {
        sql,
        params: parameters,
        principal,
        connectionId,
        subscriptionId: id,
        options: options?.engine,
        lastHeard,
      },
      outbox,
      encoding,
      goneInBatch: options?.goneInBatch ?? false,
      onEnd: () => this.#leave(id, stream),
    });
    this.#streams.set(id, stream);
    try {
      await stream.open();
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  /** @throws KalamError `live_subscription_missing` */
  async next(id: string, after: bigint | undefined): Promise<void> {
    const stream = this.#streams.get(id);
    if (stream === undefined) throw new KalamError("live_subscription_missing", { id });
    await stream.next(after);
  }

  close(id: string): void {
    this.#streams.get(id)?.close();
  }

  closeAll(): void {
    for (const stream of [...this.#streams.values()]) stream.close();
  }

  #takeSeat(): void {
    const { seats, config } = this.#context;
    const maximum = config["websocket.max_subscriptions_per_connection"];
    if (this.#streams.size >= maximum) throw new KalamError("live_connection_subscriptions", { maximum });
    if (!seats.take(this.#options.principal.userId)) {
      throw new KalamError("live_user_subscriptions", { maximum: seats.maximum });
    }
  }

  #leave(id: string, stream: LiveStream): void {
    if (this.#streams.get(id) === stream) this.#streams.delete(id);
    this.#context.seats.leave(this.#options.principal.userId);
  }
}
