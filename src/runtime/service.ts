/**
 * The contract of everything that runs for long: the HTTP server, the commit pipeline, timers, drivers.
 *
 *     start ──▶ running ──▶ drain ──▶ stop
 *
 * `drain` takes no new work and resolves when what was taken is done; `stop` frees what is held and may be called without
 * `drain`. Both may be called more than once.
 */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts services in order and ends them in the opposite order: what faces users drains first, what holds data stops last.
 * If one fails to start, those before it are stopped again.
 */
export class ServiceGroup implements Service {
  readonly name: string;
  readonly #services: readonly Service[];

  constructor(name: string, services: readonly Service[]) {
    this.name = name;
    this.#services = services;
  }

  async start(): Promise<void> {
    const started: Service[] = [];
    for (const service of this.#services) {
      try {
        await service.start();
        started.push(service);
      } catch (error) {
        for (const other of started.reverse()) await other.stop();
        throw error;
      }
    }
  }

  async drain(): Promise<void> {
    for (const service of this.#services.toReversed()) await service.drain();
  }

  async stop(): Promise<void> {
    for (const service of this.#services.toReversed()) await service.stop();
  }
}
