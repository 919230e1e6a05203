import { describe, expect, it } from 'vitest';
import { parseFileRows, parseFiles } from './files';

const rows = {
  columns: [
    { name: 'temp', unit: '°C', kind: 'number' },
    { name: 'fault', unit: null, kind: 'text' },
  ],
  keys: ['fan-1'],
  times: [1000, 2000],
  values: { temp: [23.1, null] },
  texts: { fault: ['Normal', null] },
  rows: 400_000,
  shown: 2,
};

describe('the files of a node', () => {
  it('are read with name, size and time', () => {
    expect(parseFiles([{ name: 'fan.csv', bytes: 7, modified: 1000 }])).toEqual([
      { name: 'fan.csv', bytes: 7, modifiedMs: 1000 },
    ]);
    expect(() => parseFiles([{ name: 'fan.csv', bytes: -1, modified: 1 }])).toThrow('files[0].bytes');
  });

  it('are shown by their columns', () => {
    expect(parseFileRows(rows)).toEqual(rows);
  });

  it.each([
    [{ values: { temp: [1] } }, 'values.temp: expected a list of 2, found a list of 1'],
    [{ values: { temp: [1, 'x'] } }, 'values.temp[1]: expected a number or null, found "x"'],
    [{ texts: { fault: [1, null] } }, 'texts.fault[0]: expected text or null, found 1'],
  ])('are refused with the place and the reason: %j', (change, message) => {
    expect(() => parseFileRows({ ...rows, ...change })).toThrow(message);
  });
});
