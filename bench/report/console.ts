import { latencyText, peerTexts, targetText, verdictText, withUnit } from "./format.ts";
import type { Measurement } from "./measurement.ts";

const plain = (text: string): string => text.replaceAll("**", "");

/** A measurement for the terminal, as soon as it is there. */
export function measurementLines(measurement: Measurement): string[] {
  const latency = latencyText(measurement);
  const lines = [
    `${measurement.title}: ${withUnit(measurement.kalam.median, measurement.unit)}` +
      (latency === "" ? "" : `   (ms p50 / p95 / p99: ${latency})`),
    ...peerTexts(measurement).map((text) => `    ${plain(text)}`),
  ];
  const target = targetText(measurement);
  if (target !== "") lines.push(`    target ${target}: ${plain(verdictText(measurement))}`);
  return lines;
}
