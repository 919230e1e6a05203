/** Past and present as one curve: what came from the archive up to the first live row, then the live rows. */
import { thin, type Curve, type Points, type Thinning } from '../decimate';
import type { Measured, Past } from '../protocol';

export const NO_CURVE: Curve = { times: [], values: [] };
/** Steps of the archive that may be missing before its line breaks. */
const STEPS_UNTIL_GAP = 2.5;

/** Index of the first time at or after `timeMs`. */
export function firstAt(times: readonly number[], timeMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Number.POSITIVE_INFINITY) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of an answer before the first live row, which itself counts as live. */
export function beforeLive(past: Past, firstLiveMs: number): number {
  return Number.isNaN(firstLiveMs) ? past.times.length : firstAt(past.times, firstLiveMs);
}

export function pastCurve(
  past: Past,
  values: Measured | null,
  window: Thinning & { readonly fromMs: number; readonly toMs: number },
  firstLiveMs: number,
): Curve {
  if (values === null) return NO_CURVE;
  // One value before and after the window, so that the line runs to its edges.
  const first = Math.max(0, firstAt(past.times, window.fromMs) - 1);
  const end = Math.min(beforeLive(past, firstLiveMs), firstAt(past.times, window.toMs) + 1);
  const points: Points = {
    count: Math.max(0, end - first),
    time: (i) => past.times[first + i] ?? Number.NaN,
    value: (i) => values[first + i] ?? Number.NaN,
  };
  return thin(points, { ...window, gapMs: Math.max(window.gapMs, past.stepMs * STEPS_UNTIL_GAP) });
}

/** @param gapMs a longer silence between the two breaks the line. */
export function joined(past: Curve, live: Curve, gapMs: number): Curve {
  const [last, first] = [past.times.at(-1), live.times[0]];
  if (last === undefined) return live;
  if (first === undefined) return past;
  const apart = first - last > gapMs;
  return {
    times: [...past.times, ...(apart ? [last + 1] : []), ...live.times],
    values: [...past.values, ...(apart ? [null] : []), ...live.values],
  };
}
