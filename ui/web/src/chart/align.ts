/** Curves with times of their own, brought onto one axis of time. */
import uPlot from 'uplot';
import type { Curve } from '../decimate';

/** Where a curve has no point of its own there is `undefined`, and its line runs on; null breaks it. */
export function join(curves: readonly Curve[]): uPlot.AlignedData {
  const filled = curves.filter(({ times }) => times.length > 0);
  const [only] = filled;
  const empty = (length: number): undefined[] => new Array<undefined>(length).fill(undefined);
  if (only === undefined) return [[], ...curves.map(() => [])];
  const table: uPlot.AlignedData =
    filled.length === 1
      ? [only.times, only.values]
      : uPlot.join(filled.map(({ times, values }): uPlot.AlignedData => [times, values]));
  const [times] = table;
  let next = 1;
  return [
    times,
    ...curves.map((curve) => (curve.times.length > 0 ? (table[next++] ?? []) : empty(times.length))),
  ];
}

/** The value of a curve at a place of the common axis: where it has no point there, the one before. */
export function valueAt(data: uPlot.AlignedData, column: number, index: number): number | null {
  const values = data[column];
  if (values === undefined) return null;
  for (let i = index; i >= 0; i -= 1) {
    const value = values[i];
    if (value !== undefined) return value;
  }
  return null;
}
