import { describe, expect, it } from 'vitest';
import { fieldOf } from '../testing/widget';
import { Arrival } from '../store/arrival';
import { Series } from '../store/series';
import { binsOf, extent } from './bins';
import { newestRows } from './newest';

describe('a histogram', () => {
  it('has bins with round borders that count every value once', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 20 + i / 100);
    const bins = binsOf(values, 12);
    expect(bins.map(({ from }) => from)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    expect(bins.map(({ count }) => count)).toEqual(Array(10).fill(100));
  });

  it('counts a value on a border in the upper bin', () => {
    expect(binsOf([0, 1, 2, 3], 3).map(({ count }) => count)).toEqual([1, 1, 1, 1]);
  });

  it('has one bin for one value, and none for none', () => {
    expect(binsOf([5, 5, 5], 10)).toMatchObject([{ count: 3 }]);
    expect(binsOf([0, 0], 10)).toMatchObject([{ count: 2 }]);
    expect(binsOf([], 10)).toEqual([]);
  });

  it('takes as many values as a page holds', () => {
    expect(extent(Array.from({ length: 300_000 }, (_, i) => i))).toEqual([0, 299_999]);
  });
});

describe('the newest rows', () => {
  const machine = (...values: number[]): { series: Series; arrival: Arrival } => {
    const series = new Series(new Map([[0, 'number']]));
    values.forEach((value, time) => series.append({ time, key: '', values: [value] }));
    return { series, arrival: new Arrival() };
  };

  it('of one machine are the last ones, newest first', () => {
    const rows = newestRows(new Map([['', machine(1, 2, 3)]]), [fieldOf()], 2);
    expect(rows.map(({ cells }) => cells[0])).toEqual([3, 2]);
  });

  it('of several are the latest of each, by their names', () => {
    const machines = new Map([
      ['fan 10', machine(1, 2)],
      ['fan 9', machine(3, 4)],
    ]);
    expect(newestRows(machines, [fieldOf()], 5).map(({ key, cells }) => [key, cells[0]])).toEqual([
      ['fan 9', 4],
      ['fan 10', 2],
    ]);
  });
});
