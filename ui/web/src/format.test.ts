import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCell,
  formatCount,
  formatDelta,
  formatDuration,
  formatMark,
  formatMoment,
  formatNumber,
  withUnit,
} from './format';
import type { Field } from './protocol';

function field(change: Partial<Field>): Field {
  return { name: 'f', title: 'F', unit: null, type: 'number', range: null, labels: null, slot: 0, ...change };
}

describe('digits', () => {
  it.each([
    [24.1134, [0, 60], '24.1'],
    [2999.6, [0, 3200], '3000'],
    [1.4852, [0, 2], '1.49'],
    [0.04312, [0, 0.15], '0.043'],
    [341.6, [0, 400], '342'],
    [-0.1, [-0.5, 0.5], '-0.100'],
    [12345.6, [0, 20000], '12,346'],
  ] as const)('of %d in %j give %s', (value, range, shown) => {
    expect(formatNumber(value, range)).toBe(shown);
  });

  it.each([
    [113.42, '113.4'],
    [0.043217, '0.04322'],
    [98765.4, '98,765'],
    [0, '0'],
    [4.2e12, '4.20e+12'],
    [3e-9, '3.00e-9'],
  ])('of %d without a range give %s', (value, shown) => {
    expect(formatNumber(value, null)).toBe(shown);
  });

  it('are grouped as English has it, from five figures on', () => {
    const english = new Intl.NumberFormat('en', {
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
      useGrouping: 'min2',
    });
    for (const size of [0.126, 1.006, 999.996, 9999.99, 9999.996, 10000, 123456.789, 7654321.5, 98765432.1]) {
      for (const value of [size, -size]) expect(formatMark(value, 0.01)).toBe(english.format(value));
    }
  });

  it('never show a negative nought', () => {
    expect(formatNumber(-0.0001, [0, 60])).toBe('0.0');
  });
});

describe('marks of an axis', () => {
  it.each([
    [1.5, 0.5, '1.5'],
    [0.5, 0.25, '0.50'],
    [57.5, 2.5, '57.5'],
    [3000, 1000, '3000'],
    [0.00002, 0.00001, '0.00002'],
  ])('%d in steps of %d', (value, step, shown) => {
    expect(formatMark(value, step)).toBe(shown);
  });
});

describe('a missing value', () => {
  it.each([null, Number.NaN, Number.POSITIVE_INFINITY])('%s is a dash without a unit', (value) => {
    expect(withUnit(formatNumber(value, [0, 1]), 'A')).toBe('–');
  });
});

describe('a value by its type', () => {
  it('shows the word for a code, and the code when there is none', () => {
    const faults = field({ type: 'integer', labels: { '0': 'Normal operation', '1': 'Overcurrent Fault' } });
    expect(formatCell(1, faults)).toBe('Overcurrent Fault');
    expect(formatCell(7, faults)).toBe('7');
  });

  it('shows a boolean by its labels in either spelling', () => {
    expect(formatCell(true, field({ type: 'boolean', labels: { true: 'Anomaly' } }))).toBe('Anomaly');
    expect(formatCell(false, field({ type: 'boolean', labels: { '0': 'Normal' } }))).toBe('Normal');
    expect(formatCell(true, field({ type: 'boolean' }))).toBe('Yes');
  });

  it('shows a time of day', () => {
    expect(formatCell(0, field({ type: 'time' }))).toMatch(/^\d\d:\d\d:\d\d$/);
  });
});

describe('changes and durations', () => {
  it.each([
    [0.44, 1, '+0.4'],
    [-1.25, 2, '-1.25'],
    [0.001, 1, '±0.0'],
  ])('delta %d', (delta, decimals, shown) => {
    expect(formatDelta(delta, decimals)).toBe(shown);
  });

  it.each([
    [900, '0 s'],
    [59_999, '59 s'],
    [125_000, '2 min 5 s'],
    [120_000, '2 min'],
    [11_400_000, '3 h 10 min'],
    [187_200_000, '2 d 4 h'],
  ])('duration %d', (durationMs, shown) => {
    expect(formatDuration(durationMs)).toBe(shown);
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [312, '312 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [52_400, '52.4 kB'],
    [999_600, '1.0 MB'],
    [134_621_300, '135 MB'],
  ])('of files have the unit that fits: %d', (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });

  it('of tables are counted', () => {
    expect([0, 800, 292_655].map(formatCount)).toEqual(['0', '800', '292,655']);
  });
});

describe('a time', () => {
  it.each(
    Array.from({ length: 12 }, (_, month) => new Date(2026, month, 3 * month + 1, 2 * month, 7, 9).getTime()),
  )('at %d is told as the British do', (timeMs) => {
    const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
    expect(formatMoment(timeMs)).toBe(`${day.format(timeMs)} ${clock.format(timeMs)}`);
  });

  it.each([Number.NaN, 9e15])('that is none (%d) is a dash', (timeMs) => {
    expect(formatMoment(timeMs)).toBe('– –');
  });
});
