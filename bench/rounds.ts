import { type Figure, figureOf, type PeerFigure } from "./report/measurement.ts";

export interface Sample {
  readonly rate: number;
  readonly latency?: Readonly<Record<string, number>>;
}

export interface Contender {
  readonly name: string;
  /** Works for about so many seconds. */
  readonly measure: (seconds: number) => Promise<Sample>;
}

const WARM_UP_SHARE = 0.5;

/**
 * A B C A B C …: every contender once a round, so that a machine that becomes slower or faster meanwhile does so for
 * all of them. Each one warms up first; the median of its rounds counts.
 */
export async function alternate(
  contenders: readonly Contender[],
  options: { readonly rounds: number; readonly seconds: number },
): Promise<Map<string, Figure>> {
  for (const { measure } of contenders) await measure(options.seconds * WARM_UP_SHARE);
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, measure } of contenders) samples.get(name)?.push(await measure(options.seconds));
  }
  return new Map([...samples].map(([name, taken]) => [name, toFigure(taken)]));
}

function toFigure(samples: readonly Sample[]): Figure {
  const latencies = samples.flatMap(({ latency }) => (latency === undefined ? [] : [latency]));
  return figureOf(
    samples.map(({ rate }) => rate),
    latencies,
  );
}

export function peersFrom(figures: ReadonlyMap<string, Figure>, names: readonly string[]): PeerFigure[] {
  return names.map((peer) => ({ peer, figure: figures.get(peer) }));
}
