import { describe, expect, it } from 'vitest';
import { NORMAL } from '../levels';
import { fieldOf } from '../testing/widget';
import { fractionOf, limitText, offScale, rangeOf, spokenValue } from './measure';

describe('an instrument', () => {
  it('has the declared range, or one that holds its bands', () => {
    expect(rangeOf(fieldOf({ range: [5, 10] }), [])).toEqual([5, 10]);
    expect(rangeOf(fieldOf(), [{ from: -3, to: 40, level: 'normal' }])).toEqual([-3, 40]);
    expect(rangeOf(fieldOf(), [])).toEqual([0, 1]);
  });

  it('places a value in its range, and says when it is beyond', () => {
    expect(fractionOf(15, [10, 20])).toBe(0.5);
    expect([9, 15, 21, null].map((value) => offScale(value, [10, 20]))).toEqual([
      'Below scale',
      null,
      'Above scale',
      null,
    ]);
  });

  it('writes its limits with no more digits than they need', () => {
    expect([limitText(0.08, [0, 0.15]), limitText(3200, [0, 3200]), limitText(40, [0, 60])]).toEqual([
      '0.08',
      '3200',
      '40',
    ]);
  });

  it('is read out with its unit and what is wrong', () => {
    expect(spokenValue('41.5', 41.5, '°C', { level: 'warning', side: 'high' })).toBe('41.5 °C, Warning high');
    expect(spokenValue('41.5', 41.5, null, NORMAL)).toBe('41.5');
    expect(spokenValue('–', null, '°C', NORMAL)).toBe('no value');
  });
});
