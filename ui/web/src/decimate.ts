/** Thins a curve to what a screen can show, keeping every peak. */

export interface Curve {
  readonly times: number[];
  readonly values: (number | null)[];
}

/** Where points come from: `time` ascends; `value` is NaN for a missing one. */
export interface Points {
  readonly count: number;
  time(i: number): number;
  value(i: number): number;
}

export interface Thinning {
  /** More points than twice this are thinned. */
  readonly pixels: number;
  readonly windowMs: number;
  /** A longer silence between two points breaks the line. */
  readonly gapMs: number;
}

function emit(curve: Curve, time: number, value: number): void {
  curve.times.push(time);
  curve.values.push(Number.isNaN(value) ? null : value);
}

function isGap(points: Points, i: number, gapMs: number): boolean {
  return i > 0 && points.time(i) - points.time(i - 1) > gapMs;
}

function all(points: Points, gapMs: number, curve: Curve): void {
  for (let i = 0; i < points.count; i += 1) {
    if (isGap(points, i, gapMs)) emit(curve, points.time(i - 1) + 1, Number.NaN);
    emit(curve, points.time(i), points.value(i));
  }
}

/**
 * The lowest and the highest point of every bucket, in the order of their time. Buckets lie on a fixed grid
 * of time, so that a scrolling curve does not flicker; they end at a missing value and at a silence.
 */
function extremes(points: Points, thinning: Thinning, curve: Curve): void {
  const bucketMs = Math.max(1, thinning.windowMs / thinning.pixels);
  let bucket = Number.NaN;
  let low = -1;
  let high = -1;
  const flush = (): void => {
    if (low < 0) return;
    const [a, b] = low < high ? [low, high] : [high, low];
    emit(curve, points.time(a), points.value(a));
    if (b !== a) emit(curve, points.time(b), points.value(b));
    low = -1;
    high = -1;
  };
  for (let i = 0; i < points.count; i += 1) {
    const value = points.value(i);
    const here = Math.floor(points.time(i) / bucketMs);
    const gap = isGap(points, i, thinning.gapMs);
    if (here !== bucket || gap || Number.isNaN(value)) flush();
    bucket = here;
    if (gap) emit(curve, points.time(i - 1) + 1, Number.NaN);
    if (Number.isNaN(value)) {
      if (curve.values.length > 0 && curve.values.at(-1) !== null) emit(curve, points.time(i), value);
    } else if (low < 0) {
      low = i;
      high = i;
    } else {
      if (value < points.value(low)) low = i;
      if (value > points.value(high)) high = i;
    }
  }
  flush();
}

export function thin(points: Points, thinning: Thinning): Curve {
  const curve: Curve = { times: [], values: [] };
  if (points.count > 2 * thinning.pixels) extremes(points, thinning, curve);
  else all(points, thinning.gapMs, curve);
  return curve;
}
