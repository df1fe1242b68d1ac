import { type Measurement, ratio, type Unit, verdict } from "./measurement.ts";

/** A number as a person wants to read it: 12 345, 87.2, 0.41. */
export function number(value: number): string {
  if (value >= 999.5) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function withUnit(value: number, unit: Unit): string {
  return `${number(value)} ${unit}`;
}

/** `0.83 × PostgreSQL, prepared (14 200)`, a text for each peer. */
export function peerTexts(measurement: Measurement): string[] {
  return measurement.peers.map(({ peer, figure }) =>
    figure === undefined
      ? `${peer}: not measured`
      : `**${(ratio(measurement, peer) ?? 0).toFixed(2)}** × ${peer} (${number(figure.median)})`,
  );
}

export function targetText({ target, unit }: Measurement): string {
  if (target === undefined) return "";
  return target.kind === "ratio" ? `≥ ${target.atLeast} × ${target.peer}` : `≤ ${withUnit(target.atMost, unit)}`;
}

export function verdictText(measurement: Measurement): string {
  const words = { met: "met", missed: "**missed**", "not measured": "not measured", "no target": "" };
  return words[verdict(measurement)];
}

export function latencyText({ kalam: { latency } }: Measurement): string {
  if (latency === undefined) return "";
  return ["p50", "p95", "p99"].map((name) => number(latency[name] ?? 0)).join(" / ");
}
