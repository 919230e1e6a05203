import { describe, expect, it } from 'vitest';
import { fieldOf } from '../testing/widget';
import { deviationText, sharedRange } from './faceplate';

const temp = fieldOf({ name: 'temp', unit: '°C', range: [0, 60] });

describe('the deviation', () => {
  it('has its sign, as many decimals as the value, and the unit of a difference', () => {
    expect(deviationText(41.54, 40, temp)).toBe('+1.5 K');
    expect(deviationText(39, 40, temp)).toBe('-1.0 K');
    expect(deviationText(2, 4, fieldOf({ unit: 'bar', range: [0, 2] }))).toBe('-2.00 bar');
  });

  it('is unknown without one of the two', () => {
    expect(deviationText(null, 40, temp)).toBe('–');
    expect(deviationText(40, null, temp)).toBe('–');
  });
});

describe('the scale of measured value and set-point', () => {
  it('is the declared range of either', () => {
    const plain = fieldOf({ range: null });
    expect(sharedRange(temp, plain, [70])).toEqual([0, 60]);
    expect(sharedRange(plain, temp, [70])).toEqual([0, 60]);
  });

  it('holds both values where none is declared', () => {
    const plain = fieldOf({ range: null });
    expect(sharedRange(plain, plain, [12, -3])).toEqual([-3, 12]);
    expect(sharedRange(plain, plain, [null, null])).toEqual([0, 1]);
  });
});
