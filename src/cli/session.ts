import type { KalamDBClient, QueryResponse, QueryResult } from "../client/index.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { Output } from "./output.ts";
import { createResultWriter, type Presentation, type ResultWriter } from "./render/index.ts";
import { type RequestUnit, RequestUnits } from "./script/request-unit.ts";

const SWITCHES_NAMESPACE = /^(?:use|set\s+namespace)\b/i;
const SWITCHED = /^Namespace switched to '(.+)'/;
/** Statements after which other names exist. */
const CHANGES_CATALOG = /^(?:create|alter|drop)\b/i;

export interface SessionOptions {
  readonly client: KalamDBClient;
  readonly output: Output;
  readonly presentation: Presentation;
  readonly namespace?: string | undefined;
  /** Who is logged in, if that is known. */
  readonly user?: string | undefined;
  readonly timeoutMs: number;
  readonly clock?: Clock;
}

/** What lasts from statement to statement: the server does not remember it, so the client does. */
export class Session {
  readonly client: KalamDBClient;
  readonly output: Output;
  readonly presentation: Presentation;
  readonly user: string | undefined;
  namespace: string | undefined;
  /** The transaction that is being collected. */
  readonly units = new RequestUnits();
  /** Called when a statement has changed what names exist. */
  onCatalogChange: () => void = () => undefined;
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor(options: SessionOptions) {
    this.client = options.client;
    this.output = options.output;
    this.presentation = options.presentation;
    this.user = options.user;
    this.namespace = options.namespace;
    this.#timeoutMs = options.timeoutMs;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Sends one request and writes what it answers.
   * @throws ServerError, ConnectionError, TimeoutError; the signal's reason when it was aborted.
   */
  async run(unit: RequestUnit, signal?: AbortSignal): Promise<void> {
    const started = this.#clock.monotonic();
    const events = this.client.stream(unit.text, undefined, {
      namespace: this.namespace,
      timeoutMs: this.#timeoutMs,
      signal,
    });
    const writer = this.#writer(unit.expanded);
    let results = 0;
    try {
      for (let step = await events.next(); ; step = await events.next()) {
        if (step.done === true) {
          // A server that does not measure finely enough says 0; nothing takes no time.
          const millis = step.value > 0 ? step.value : this.#clock.monotonic() - started;
          await writer.finish(millis);
          return;
        }
        const event = step.value;
        if (event.type === "schema") writer.begin(event.schema);
        else if (event.type === "rows") await writer.rows(event.rows);
        else {
          await writer.end(event.result);
          this.#learn(unit.statements[results++]?.text ?? "", event.result.message ?? "");
        }
      }
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }

  /** Sends one request whose answer is small, and writes nothing. @throws as `run` does. */
  query(sql: string, signal?: AbortSignal): Promise<QueryResponse> {
    return this.client.query(sql, [], { namespace: this.namespace, timeoutMs: this.#timeoutMs, signal });
  }

  /** Writes a result that was changed after it had been asked for. */
  async show(result: QueryResult, millis: number): Promise<void> {
    const writer = this.#writer();
    writer.begin(result.schema);
    await writer.rows(result.rows);
    await writer.end(result);
    await writer.finish(millis);
  }

  #writer(expanded = false): ResultWriter {
    const presentation: Presentation = expanded ? { ...this.presentation, expanded: "on" } : this.presentation;
    return createResultWriter(this.output, presentation, this.user);
  }

  #learn(statement: string, message: string): void {
    if (SWITCHES_NAMESPACE.test(statement)) this.namespace = SWITCHED.exec(message)?.[1] ?? this.namespace;
    else if (CHANGES_CATALOG.test(statement)) this.onCatalogChange();
  }
}
