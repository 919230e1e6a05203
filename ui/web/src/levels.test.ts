import { describe, expect, it } from 'vitest';
import { standing } from './levels';

const bands = [
  { from: 10, to: 40, level: 'normal' },
  { from: 40, to: 50, level: 'warning' },
  { from: 50, to: 60, level: 'alarm' },
] as const;

describe('the standing of a value', () => {
  it.each([
    [25, 'normal', null],
    [40, 'normal', null],
    [40.1, 'warning', 'high'],
    [55, 'alarm', 'high'],
    [75, 'alarm', 'high'],
    [9, 'warning', 'low'],
  ] as const)('%d is %s (%s)', (value, level, side) => {
    expect(standing(value, bands)).toEqual({ level, side });
  });

  it('is normal without bands and without a value', () => {
    expect(standing(1e9, []).level).toBe('normal');
    expect(standing(NaN, bands).level).toBe('normal');
  });
});
