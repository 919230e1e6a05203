import { describe, expect, it } from 'vitest';
import { thin, type Points } from './decimate';

function points(values: readonly number[], time: (i: number) => number = (i) => i * 10): Points {
  return { count: values.length, time, value: (i) => values[i] ?? NaN };
}

const noGaps = Number.POSITIVE_INFINITY;

describe('thinning', () => {
  it('leaves a curve alone that fits the screen', () => {
    const curve = thin(points([1, 2, 3]), { pixels: 100, windowMs: 30, gapMs: noGaps });
    expect(curve).toEqual({ times: [0, 10, 20], values: [1, 2, 3] });
  });

  it('keeps a single peak of many points, at its own time', () => {
    const values = Array.from({ length: 10_000 }, () => 1);
    values[4321] = 99;
    values[4322] = -99;
    const curve = thin(points(values), { pixels: 200, windowMs: 100_000, gapMs: noGaps });
    expect(curve.values.length).toBeLessThanOrEqual(402);
    expect(curve.values[curve.times.indexOf(43_210)]).toBe(99);
    expect(curve.values[curve.times.indexOf(43_220)]).toBe(-99);
  });

  it('gives ascending times', () => {
    const values = Array.from({ length: 5000 }, (_, i) => Math.sin(i));
    const { times } = thin(points(values), { pixels: 100, windowMs: 50_000, gapMs: noGaps });
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? NaN))).toBe(true);
  });

  it('does not change what is left of the window when the window moves on', () => {
    const values = Array.from({ length: 3000 }, (_, i) => Math.sin(i * i));
    const thinning = { pixels: 100, windowMs: 20_000, gapMs: noGaps };
    const before = thin(points(values.slice(0, 2000)), thinning);
    const after = thin(points(values.slice(0, 2100)), thinning);
    expect(after.values.slice(0, 150)).toEqual(before.values.slice(0, 150));
  });

  it.each([10, 5000])('breaks the line at a missing value and at a silence (%d points)', (count) => {
    const values = Array.from({ length: count }, () => 1);
    values[3] = NaN;
    const silent = (i: number): number => i * 10 + (i >= 7 ? 5000 : 0);
    const curve = thin(points(values, silent), { pixels: 100, windowMs: 55_000, gapMs: 1000 });
    expect(curve.times.filter((_, i) => curve.values[i] === null)).toEqual([30, 61]);
  });
});
