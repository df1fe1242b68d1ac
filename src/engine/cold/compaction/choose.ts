import type { Manifest } from "../manifest.ts";

/** Neighbouring segments, by their places in the manifest. */
export interface SegmentRun {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * Which segments to merge: the longest run of neighbours that are each smaller than a full segment, so that full ones are not
 * written again and again.
 *
 * @param all merge everything, whatever its size: what a person asked for
 * @returns undefined when there is nothing to gain
 */
export function chooseRun(
  manifest: Manifest,
  limits: { readonly fullSegmentRows: number; readonly minimumSegments: number },
  all: boolean,
): SegmentRun | undefined {
  const { segments } = manifest;
  if (all) {
    const rows = segments.reduce((sum, segment) => sum + segment.rowCount, 0);
    const worth =
      segments.length > Math.max(1, Math.ceil(rows / limits.fullSegmentRows)) ||
      segments.some(({ hides, deletedCount }) => hides || deletedCount > 0);
    return worth ? { from: 0, to: segments.length } : undefined;
  }
  let best: SegmentRun | undefined;
  let from = 0;
  for (let at = 0; at <= segments.length; at++) {
    const segment = segments[at];
    if (segment !== undefined && segment.rowCount < limits.fullSegmentRows / 2) continue;
    if (at - from >= limits.minimumSegments && (best === undefined || at - from > best.to - best.from)) {
      best = { from, to: at };
    }
    from = at + 1;
  }
  return best;
}
