import { describe, expect, it, vi } from 'vitest';
import { ALWAYS } from '../archive/need';
import type { Past } from '../protocol';
import { Series } from '../store/series';
import { fieldOf } from '../testing/widget';
import { valueAt } from './align';
import { toCsv } from './csv';
import { fileName } from './download';
import { linesOf, unitsOf } from './lines';
import { beginnings } from './markers';
import { seenRows } from './seen';
import { compose, ROLES, type Source } from './source';
import { stretchesOf } from './stretches';
import { elapsedText } from './time-axis';

// uPlot asks for the screen when it is loaded.
vi.hoisted(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
  vi.stubGlobal('devicePixelRatio', 1);
});

const temp = fieldOf({ name: 'temp', title: 'Temperature', unit: '°C', slot: 0 });
const power = fieldOf({ name: 'power', title: 'Power', unit: 'W', slot: 1 });

function series(...rows: [time: number, temp: number | null, power: number | null][]): Series {
  const made = new Series(
    new Map([
      [0, 'number'],
      [1, 'number'],
    ]),
  );
  for (const [time, ...values] of rows) made.append({ time, key: 'fan', values });
  return made;
}

const past: Past = {
  fromMs: 0,
  toMs: 30,
  stepMs: 10,
  times: [0, 10, 20],
  fields: { temp: { mean: [1, 2, 3], min: [0, 1, 2], max: [2, 3, 4] } },
  states: {},
};

function sources(...rows: Parameters<typeof series>): Source[] {
  const live = series(...rows);
  const gaps = [{ ...ALWAYS, toMs: live.time(0) }];
  return linesOf([temp, power], ['']).map((line) => ({ line, series: live, past, gaps, before: null }));
}

describe('the lines of a chart', () => {
  it('of two units have a scale each', () => {
    const lines = linesOf([temp, power, fieldOf({ name: 'limit', unit: '°C' })], ['fan']);
    expect(lines.map(({ scale }) => scale)).toEqual(['y1', 'y2', 'y1']);
    expect(unitsOf(lines)).toEqual(['°C', 'W']);
    expect(lines.map(({ name }) => name)).toEqual(['Temperature', 'Power', 'F']);
  });

  it('are one a machine where all are looked at, and all different', () => {
    const keys = Array.from({ length: 8 }, (_, i) => `fan ${i}`);
    const lines = linesOf([temp], keys);
    expect(lines.map(({ name }) => name)).toEqual(keys);
    expect(new Set(lines.map(({ token, dash }) => `${token} ${dash.join()}`)).size).toBe(8);
  });

  it('are of the first field alone where there would be too many', () => {
    const lines = linesOf([temp, power], ['1', '2', '3', '4', '5']);
    expect(lines.map(({ field }) => field.name)).toEqual(Array(5).fill('temp'));
  });
});

describe('what is drawn', () => {
  it('is the past up to the first live row, then the live rows, and the spread of the past', () => {
    const data = compose(sources([20, 30, 300], [25, 31, 310]), {
      fromMs: 0,
      toMs: 30,
      pixels: 50,
      gapMs: 15,
    });
    const column = (role: (typeof ROLES)[number]): unknown => data[1 + ROLES.indexOf(role)];
    expect(data[0]).toEqual([0, 10, 20, 25]);
    expect(column('mean')).toEqual([1, 2, 30, 31]);
    expect(column('low')).toEqual([0, 1, undefined, undefined]);
    expect(column('high')).toEqual([2, 3, undefined, undefined]);
    expect(data).toHaveLength(1 + 2 * ROLES.length);
  });

  it('is read under the crosshair from the last point of each line', () => {
    const data = compose(sources([20, 30, 300], [25, 31, null]), {
      fromMs: 0,
      toMs: 30,
      pixels: 50,
      gapMs: 15,
    });
    expect(valueAt(data, 1, 3)).toBe(31);
    expect(valueAt(data, 1 + ROLES.indexOf('low'), 3)).toBe(1);
    expect(valueAt(data, 1 + ROLES.length, 3)).toBeNull();
  });
});

describe('what is seen', () => {
  const seen = seenRows(sources([20, 30.25, 300], [25, 31, null]), 5, 25);

  it('is every point of the window, with the spread in columns of its own', () => {
    expect(seen.columns.map(({ title }) => title)).toEqual([
      'Temperature',
      'Temperature, lowest',
      'Temperature, highest',
      'Power',
    ]);
    expect(seen.rows).toEqual([
      { timeMs: 10, cells: [2, 1, 3, null] },
      { timeMs: 20, cells: [30.25, null, null, 300] },
      { timeMs: 25, cells: [31, null, null, null] },
    ]);
  });

  it('goes into a file with units, and nothing for what is missing', () => {
    expect(toCsv(seen, false).split('\r\n').slice(0, 3)).toEqual([
      'time,Temperature [°C],"Temperature, lowest [°C]","Temperature, highest [°C]",Power [W]',
      '1970-01-01T00:00:00.010Z,2,1,3,',
      '1970-01-01T00:00:00.020Z,30.25,,,300',
    ]);
  });

  it('keeps a name from becoming a formula or a column of its own', () => {
    const named = (title: string): string =>
      toCsv({ columns: [{ title, unit: null, source: sources()[0] as Source }], rows: [] }, false);
    expect(named('=SUM(A1)')).toBe("time,'=SUM(A1)\r\n");
    expect(named('a "b", c')).toBe('time,"a ""b"", c"\r\n');
  });

  it('is saved under a name that every system takes', () => {
    const time = new Date(2026, 2, 1, 14, 2).getTime();
    expect(fileName('Fan: in/out', time, 'csv')).toBe('Fan  in out 2026-03-01 14-02.csv');
  });
});

describe('the beginning of an alert', () => {
  it('is marked where it rises, not where it goes on or where the record begins', () => {
    const alerts = series(
      [1, 1, 0],
      [2, 1, 0],
      [3, 0, 0],
      [4, 1, 0],
      [5, null, 0],
      [6, 1, 0],
      [7, 0, 0],
      [8, 1, 0],
    );
    expect(beginnings(alerts, 0, 0, 10)).toEqual([4, 8]);
    expect(beginnings(alerts, 0, 4, 7)).toEqual([4]);
    expect(beginnings(alerts, 0, 5, 7)).toEqual([]);
  });
});

describe('stretches of time', () => {
  it('last as long as their name does, and those beside each other differ', () => {
    expect(stretchesOf([0, 10, 20, 30, 40], ['a', 'a', 'b', null, 'a'], 50)).toEqual([
      { name: 'a', fromMs: 0, toMs: 20, shaded: false },
      { name: 'b', fromMs: 20, toMs: 30, shaded: true },
      { name: 'a', fromMs: 40, toMs: 50, shaded: false },
    ]);
    expect(stretchesOf([], [], 50)).toEqual([]);
  });
});

describe('times since a start', () => {
  it('are minutes and seconds, and hours where there are some', () => {
    expect([0, 20_000, 65_000, 3_605_000, -5_000].map(elapsedText)).toEqual([
      '0:00',
      '0:20',
      '1:05',
      '1:00:05',
      '-0:05',
    ]);
  });

  it('are seconds in a file', () => {
    const [source] = sources();
    const columns = [{ title: 'Temperature', unit: null, source: source as Source }];
    expect(toCsv({ columns, rows: [{ timeMs: 1500, cells: [20] }] }, true)).toBe(
      'seconds,Temperature\r\n1.5,20\r\n',
    );
  });
});
