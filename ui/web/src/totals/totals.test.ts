import { describe, expect, it } from 'vitest';
import type { Totals } from '../protocol';
import { fieldOf } from '../testing/widget';
import { barsOf, changeOf, marksTo, STRETCHES } from './pairs';
import { bucketName, changeText, tableOf, toCsv } from './words';

const HOUR = 3_600_000;
const energy = fieldOf({ name: 'energy', title: 'Energy' });

function totals(fromMs: number, increases: (number | null)[], by: Totals['by'] = 'hour'): Totals {
  const buckets = increases.map((_, i) => ({
    fromMs: fromMs + i * HOUR,
    toMs: fromMs + (i + 1) * HOUR,
    name: null,
    whole: i < increases.length - 1,
  }));
  const sum = increases.reduce<number>((all, one) => all + (one ?? 0), 0);
  const fields = { energy: { unit: 'Wh', increases, sum, cost: null } };
  return { by, fromMs, toMs: fromMs + increases.length * HOUR, buckets, fields, currency: null };
}

const start = 100 * 24 * HOUR;
const yesterday = start - STRETCHES.hour.spanMs;

describe('totals beside those before', () => {
  it('meet by the time at which a bucket began', () => {
    const bars = barsOf(
      { now: totals(start, [1, null, 3]), before: totals(yesterday + HOUR, [20, 30]) },
      'energy',
    );
    expect(bars.map(({ amount, before }) => [amount, before])).toEqual([
      [1, null],
      [null, 20],
      [3, 30],
    ]);
  });

  it('meet also when the clocks were changed between them', () => {
    const early = totals(yesterday - 20 * 60_000, [10, 20]);
    expect(
      barsOf({ now: totals(start, [1, 2]), before: early }, 'energy').map(({ before }) => before),
    ).toEqual([10, 20]);
  });

  it('stand alone where the time before could not be had, or has no such field', () => {
    const alone = { now: totals(start, [1]), before: null };
    expect(barsOf(alone, 'energy')).toEqual([{ bucket: alone.now.buckets[0], amount: 1, before: null }]);
    expect(barsOf(alone, 'co2')[0]?.amount).toBeNull();
  });

  it('are more or less by a share of what was before', () => {
    expect(changeOf(110, 100)).toBeCloseTo(10);
    expect([changeOf(1, 0), changeOf(null, 1), changeOf(1, null)]).toEqual([null, null, null]);
    expect([changeText(90, 100), changeText(100, 100.1), changeText(103, 100)]).toEqual([
      '−10 %',
      '±0 %',
      '+3 %',
    ]);
  });
});

describe('the scale of the bars', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 0.5, 1]],
    [310, [0, 100, 200, 300, 400]],
    [400, [0, 100, 200, 300, 400]],
    [0.07, [0, 0.02, 0.04, 0.06, 0.08]],
    [9.5, [0, 5, 10]],
  ])('for %d has round marks, the last at or above it', (most, marks) => {
    expect(marksTo(most)).toEqual(marks);
  });
});

describe('totals in words', () => {
  const at = new Date(2026, 10, 27, 14).getTime();
  const bucket = { fromMs: at, toMs: at + HOUR, name: 'Late', whole: true };

  it('name a bucket by what it is of', () => {
    expect(bucketName(bucket, 'hour')).toBe('14:00–15:00, 27 Nov');
    expect(bucketName(bucket, 'day')).toBe('Fri 27 Nov');
    expect(bucketName(bucket, 'shift')).toBe('Late, 27 Nov');
  });

  it('are a table and a file with the time before beside each field', () => {
    const compared = { now: totals(start, [1.5, null]), before: totals(yesterday, [2, 3]) };
    expect(tableOf(compared, [energy])).toMatchObject({
      head: ['Energy [Wh]', 'Energy [Wh], 24 h before'],
      rows: [{ cells: [1.5, 2] }, { cells: [null, 3] }],
    });
    expect(toCsv(compared, [energy]).split('\r\n').slice(0, 3)).toEqual([
      'from,to,name,whole,Energy [Wh],"Energy [Wh], 24 h before"',
      '1970-04-11T00:00:00.000Z,1970-04-11T01:00:00.000Z,,yes,1.5,2',
      '1970-04-11T01:00:00.000Z,1970-04-11T02:00:00.000Z,,no,,3',
    ]);
  });
});
