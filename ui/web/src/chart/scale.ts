/** The scales of values: declared ranges, widened where the data goes beyond them. */
import uPlot from 'uplot';
import type { Field, Range } from '../protocol';

export function shownRange(declared: Range | null, low: number | null, high: number | null): Range {
  if (declared === null) {
    const [min, max] = uPlot.rangeNum(low ?? 0, high ?? 1, 0.15, true);
    return [min ?? 0, max ?? 1];
  }
  const margin = (declared[1] - declared[0]) * 0.05;
  return [
    low !== null && low < declared[0] ? low - margin : declared[0],
    high !== null && high > declared[1] ? high + margin : declared[1],
  ];
}

/** What the ranges of some fields cover together; null when none has one. */
export function declaredRange(fields: readonly Field[]): Range | null {
  const ranges = fields.flatMap(({ range }) => (range === null ? [] : [range]));
  if (ranges.length === 0) return null;
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))];
}
