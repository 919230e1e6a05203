/** How often a field had which values. */
import type { Range } from '../protocol';

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Steps that people can read: 1, 2 or 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Lowest and highest of what is given, without the spread of the call stack. */
export function extent(values: readonly number[]): Range | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/**
 * @param most bins; their borders are round numbers. A value on a border counts in the upper bin.
 * @param weights how many times each value counts; once by default
 */
export function binsOf(values: readonly number[], most: number, weights: readonly number[] = []): Bin[] {
  const ends = extent(values);
  if (ends === null) return [];
  const [low, high] = ends;
  const spread = high - low;
  const step = niceStep(spread > 0 ? spread / most : Math.max(1e-6, Math.abs(low) / 10));
  const first = Math.floor(low / step + 1e-9);
  const count = Math.max(1, Math.floor(high / step + 1e-9) - first + 1);
  const counts = new Array<number>(count).fill(0);
  values.forEach((value, i) => {
    const bin = Math.min(count - 1, Math.max(0, Math.floor(value / step + 1e-9) - first));
    counts[bin] = (counts[bin] ?? 0) + (weights[i] ?? 1);
  });
  return counts.map((held, i) => ({ from: (first + i) * step, to: (first + i + 1) * step, count: held }));
}
