/** Past and present as one curve: the live rows, and what came from the archive where there are none. */
import { thin, type Curve, type Points, type Thinning } from '../decimate';
import type { Measured, Past } from '../protocol';
import type { Window } from '../time/window';

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

/** The places of the times within a gap; the rows on either side of it count as live. */
export function within(
  times: readonly number[],
  { fromMs, toMs }: Window,
): readonly [first: number, end: number] {
  let first = firstAt(times, fromMs);
  if (times[first] === fromMs) first += 1;
  return [first, firstAt(times, toMs)];
}

/** The part of an answer that lies within a gap. */
export function pastCurve(
  past: Past,
  values: Measured | null,
  window: Thinning & Window,
  gap: Window,
): Curve {
  if (values === null) return NO_CURVE;
  const [begin, stop] = within(past.times, gap);
  // One value before and after the window, so that the line runs to its edges.
  const first = Math.max(0, begin, firstAt(past.times, window.fromMs) - 1);
  const end = Math.min(stop, firstAt(past.times, window.toMs) + 1);
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

/** The part of a curve from a time to another, both of which belong to it. */
function section({ times, values }: Curve, fromMs: number, toMs: number): Curve {
  const first = firstAt(times, fromMs);
  let end = firstAt(times, toMs);
  if (times[end] === toMs) end += 1;
  return { times: times.slice(first, end), values: values.slice(first, end) };
}

/** The live curve with a part of the archive in each of its gaps. @param parts one for each gap */
export function woven(live: Curve, gaps: readonly Window[], parts: readonly Curve[], gapMs: number): Curve {
  if (gaps.length === 0) return live;
  let curve = NO_CURVE;
  let sinceMs = Number.NEGATIVE_INFINITY;
  gaps.forEach((gap, i) => {
    // The mark of the break that the live curve has in a hole lies within it, and so falls away.
    curve = joined(curve, section(live, sinceMs, gap.fromMs), gapMs);
    curve = joined(curve, parts[i] ?? NO_CURVE, gapMs);
    sinceMs = gap.toMs;
  });
  return joined(curve, section(live, sinceMs, Number.POSITIVE_INFINITY), gapMs);
}

/** Parts that have live rows between them. */
export function apart(parts: readonly Curve[]): Curve {
  return parts.reduce((before, part) => joined(before, part, 0), NO_CURVE);
}
