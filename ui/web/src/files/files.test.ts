import { describe, expect, it, vi } from 'vitest';
import type { FileRows } from '../protocol';
import { fieldOf as field } from '../testing/widget';
import { fieldOf, gapOf, sourcesOf, stretchesIn } from './curves';
import { columnsIn, found, tableRows } from './table';

// uPlot asks for the screen when it is loaded.
vi.hoisted(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
});

const rows: FileRows = {
  columns: [
    { name: 'temp', unit: '°C', kind: 'number' },
    { name: 'rpm', unit: null, kind: 'number' },
    { name: 'fault', unit: null, kind: 'text' },
  ],
  keys: [],
  times: [1000, 2000, 3000],
  values: { temp: [20, null, 22] },
  texts: { fault: ['Normal', 'Worn bearing', null] },
  rows: 3,
  shown: 3,
};

describe('the columns of a file', () => {
  it('have title and range where the layout knows them', () => {
    const known = field({ name: 'temp', title: 'Temperature', unit: '°C', range: [0, 60], type: 'integer' });
    const [temp, rpm] = rows.columns;
    if (temp === undefined || rpm === undefined) throw new Error('there are no columns');
    expect(fieldOf(temp, [known])).toMatchObject({ title: 'Temperature', range: [0, 60], type: 'number' });
    expect(fieldOf(rpm, [known])).toMatchObject({ title: 'rpm', unit: null, range: null });
  });

  it('are curves, of two files side by side from their starts', () => {
    const temp = field({ name: 'temp', title: 'Temperature' });
    const later = { ...rows, times: [61_000, 62_000, 63_000] };
    const both = [
      { name: 'a', rows, startMs: 1000 },
      { name: 'b', rows: later, startMs: 61_000 },
    ];
    const sources = sourcesOf(both, [temp]);
    expect(sources.map(({ line, past }) => [line.name, past?.times, past?.fields['temp']?.mean])).toEqual([
      ['a', [0, 1000, 2000], [20, null, 22]],
      ['b', [0, 1000, 2000], [20, null, 22]],
    ]);
  });

  it('break after a silence of many of their intervals', () => {
    expect(gapOf([0, 1000, 2000, 60_000])).toBe(8000);
    expect(gapOf([])).toBe(1000);
  });

  it('are stretches where they are texts', () => {
    expect(stretchesIn({ name: '', rows, startMs: 1000 }, 'fault')).toEqual([
      { name: 'Normal', fromMs: 0, toMs: 1000, shaded: false },
      { name: 'Worn bearing', fromMs: 1000, toMs: 2000, shaded: true },
    ]);
    expect(stretchesIn({ name: '', rows, startMs: 0 }, 'temp')).toEqual([]);
  });
});

describe('the table of a file', () => {
  it('has the columns that were asked for, newest row first', () => {
    expect(columnsIn(rows).map(({ name }) => name)).toEqual(['temp', 'fault']);
    expect(tableRows(rows).map(({ timeMs, cells }) => [timeMs, ...cells])).toEqual([
      [3000, 22, null],
      [2000, null, 'Worn bearing'],
      [1000, 20, 'Normal'],
    ]);
  });

  it('is searched in its texts, by words in any order', () => {
    const all = tableRows(rows);
    expect(found(all, '')).toBe(all);
    expect(found(all, 'bearing WORN').map(({ timeMs }) => timeMs)).toEqual([2000]);
    expect(found(all, '20')).toEqual([]);
  });
});
