import { setTimeout as sleep } from "node:timers/promises";
import type { Sample } from "../rounds.ts";
import type { Receiver } from "./receiver.ts";

/** Changes that may be on their way at the same time. */
const IN_FLIGHT = 4;

/** Publishes as fast as everybody gets everything. The rate is that of messages received. */
export async function fanOut(
  receivers: readonly Receiver[],
  publish: () => Promise<void>,
  seconds: number,
): Promise<Sample> {
  const before = receivers.reduce((sum, { received }) => sum + received, 0);
  let got = 0;
  let published = 0;
  const waiting: { readonly target: number; readonly go: () => void }[] = [];
  for (const receiver of receivers) {
    receiver.onMessage = () => {
      got++;
      while ((waiting[0]?.target ?? Number.POSITIVE_INFINITY) <= got) waiting.shift()?.go();
    };
  }
  const reached = (target: number): Promise<void> =>
    target <= got
      ? Promise.resolve()
      : new Promise((go) => {
          waiting.push({ target, go });
          waiting.sort((a, b) => a.target - b.target);
        });
  const started = performance.now();
  const deadline = started + seconds * 1000;
  const lane = async (): Promise<void> => {
    while (performance.now() < deadline) {
      const target = ++published * receivers.length;
      await publish();
      await reached(target - (IN_FLIGHT - 1) * receivers.length);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await reached(published * receivers.length);
  const taken = (performance.now() - started) / 1000;
  const after = receivers.reduce((sum, { received }) => sum + received, 0);
  return { rate: (after - before) / taken };
}

/** As many at a time as there are lanes, one after another in each. */
export async function asFastAsPossible(lanes: number, publish: () => Promise<void>, seconds: number): Promise<Sample> {
  const started = performance.now();
  const deadline = started + seconds * 1000;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < deadline) {
      await publish();
      count++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { rate: count / ((performance.now() - started) / 1000) };
}

/**
 * Publishes at a rate; the latency is that from sending a change to having it, in milliseconds.
 *
 * @param publish sends the change of a number
 * @param numberOf reads the number of a change from its message
 */
export async function paced(
  receiver: Receiver,
  publish: (number: number) => Promise<void>,
  numberOf: (payload: Buffer) => number,
  options: { readonly rate: number; readonly seconds: number; readonly first: number },
): Promise<{ readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }> {
  const { rate, seconds, first } = options;
  const total = Math.round(rate * seconds);
  const sent = new Float64Array(total);
  const latencies: number[] = [];
  const all = new Promise<void>((resolve) => {
    receiver.onMessage = (payload) => {
      latencies.push(performance.now() - (sent[numberOf(payload) - first] ?? 0));
      if (latencies.length === total) resolve();
    };
  });
  const published: Promise<void>[] = [];
  const started = performance.now();
  while (published.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) * rate) / 1000));
    while (published.length < due) {
      const index = published.length;
      sent[index] = performance.now();
      published.push(publish(first + index));
    }
    await sleep(1);
  }
  await Promise.all(published);
  await all;
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
