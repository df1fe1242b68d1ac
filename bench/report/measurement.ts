/** Numbers of several rounds; the median counts. */
export interface Figure {
  readonly median: number;
  readonly rounds: readonly number[];
  /** Of the round with the median rate; milliseconds. */
  readonly latency?: Readonly<Record<string, number>>;
}

export interface PeerFigure {
  readonly peer: string;
  /** Undefined where it could not be measured. */
  readonly figure: Figure | undefined;
}

export type Unit = "requests/s" | "rows/s" | "queries/s" | "messages/s" | "s" | "ms" | "MiB" | "KiB";

export type Target =
  /** KalamDB must reach this part of a peer. */
  | { readonly kind: "ratio"; readonly peer: string; readonly atLeast: number }
  /** KalamDB must stay under this. */
  | { readonly kind: "limit"; readonly atMost: number };

export interface Measurement {
  readonly subject: string;
  readonly title: string;
  readonly unit: Unit;
  readonly kalam: Figure;
  readonly peers: readonly PeerFigure[];
  readonly target?: Target;
}

export type Verdict = "met" | "missed" | "not measured" | "no target";

export function verdict(measurement: Measurement): Verdict {
  const { target, kalam } = measurement;
  if (target === undefined) return "no target";
  if (target.kind === "limit") return kalam.median <= target.atMost ? "met" : "missed";
  const reached = ratio(measurement, target.peer);
  if (reached === undefined) return "not measured";
  return reached >= target.atLeast ? "met" : "missed";
}

/** KalamDB's figure as a part of the peer's. */
export function ratio(measurement: Measurement, peer: string): number | undefined {
  const figure = measurement.peers.find((each) => each.peer === peer)?.figure;
  return figure === undefined ? undefined : measurement.kalam.median / figure.median;
}

export function figureOf(
  rounds: readonly number[],
  latencies: readonly Readonly<Record<string, number>>[] = [],
): Figure {
  const sorted = [...rounds].sort((a, b) => a - b);
  const middle = (sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0);
  const nearest = rounds.indexOf(sorted[Math.floor((sorted.length - 1) / 2)] ?? 0);
  const latency = latencies[nearest];
  return latency === undefined ? { median: middle / 2, rounds } : { median: middle / 2, rounds, latency };
}
