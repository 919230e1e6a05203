import { describe, expect, it } from 'vitest';
import type { Cell, Row, Rows } from '../protocol';
import { Arrival } from './arrival';
import { Series } from './series';
import { Stream } from './stream';

const NUMBERS = new Map([[0, 'number' as const]]);

function row(time: number, ...values: Cell[]): Row {
  return { time, key: 'fan', values };
}

function contents(series: Series): [time: number, value: number][] {
  return Array.from({ length: series.length }, (_, i) => [series.time(i), series.number(0, i)]);
}

describe('a series', () => {
  it('keeps the newest rows when it is full, across growth and wrap', () => {
    const series = new Series(NUMBERS, 1500);
    for (let t = 0; t < 4000; t += 1) series.append(row(t, t * 2));
    expect(series.length).toBe(1500);
    expect(series.time(0)).toBe(2500);
    expect(contents(series).every(([time, value], i) => time === 2500 + i && value === time * 2)).toBe(true);
  });

  it.each([0, 40, 700, 1400])(
    'takes rows from before %d that it has, the newest of them when there are too many',
    (had) => {
      const series = new Series(NUMBERS, 1500);
      for (let t = 2000; t < 2000 + had; t += 1) series.append(row(t, t * 2));
      // Two that overtook each other, at the seam and within.
      const times = Array.from({ length: 1000 }, (_, i) => 1000 + i);
      [times[500], times[501]] = [1501, 1500];
      series.prepend(times.map((t) => row(t, t * 2)));
      const length = Math.min(1500, had + 1000);
      expect(series.length).toBe(length);
      expect(contents(series)).toEqual(
        Array.from({ length }, (_, i) => [2000 + had - length + i, (2000 + had - length + i) * 2]),
      );
      series.append(row(9999, 1));
      expect(series.lastTime).toBe(9999);
    },
  );

  it('leaves out rows from before that are of a clock that was set back', () => {
    const series = new Series(NUMBERS);
    series.append(row(100, 1));
    series.prepend([row(5000, 2), row(50, 3)]);
    expect(contents(series)).toEqual([
      [50, 3],
      [100, 1],
    ]);
  });

  it('tells a missing value from nought', () => {
    const series = new Series(NUMBERS);
    series.append(row(1, null));
    series.append(row(2, 0));
    series.append(row(3));
    expect(contents(series)).toEqual([
      [1, NaN],
      [2, 0],
      [3, NaN],
    ]);
  });

  it.each([1, 3, 100_000])(
    'keeps the newest of texts of which %d differ, also when they overtake',
    (differ) => {
      const series = new Series(new Map([[0, 'text' as const]]), 1500);
      const text = (t: number): string | null => (t % 7 === 0 ? null : `text ${t % differ}`);
      for (let t = 0; t < 8000; t += 2) for (const at of [t + 1, t]) series.append(row(at, text(at)));
      expect(series.length).toBe(1500);
      for (let i = 0; i < 1500; i += 1) expect(series.text(0, i)).toBe(text(series.time(i)));
    },
  );

  it('holds booleans, times and text by the kind of their slot', () => {
    const series = new Series(
      new Map([
        [0, 'number' as const],
        [1, 'text' as const],
        [2, 'number' as const],
      ]),
    );
    series.append(row(1, true, 'worn', '1970-01-01T00:00:01Z'));
    expect([series.number(0, 0), series.text(1, 0), series.number(2, 0)]).toEqual([1, 'worn', 1000]);
  });

  it('sorts in a row that was overtaken, with all its slots', () => {
    const series = new Series(NUMBERS, 4);
    for (const t of [1, 2, 4, 5, 3]) series.append(row(t, t * 10));
    expect(contents(series)).toEqual([
      [2, 20],
      [3, 30],
      [4, 40],
      [5, 50],
    ]);
  });

  it('drops a stray old row but follows a clock that was set back', () => {
    const series = new Series(NUMBERS);
    for (let t = 10_000; t < 11_000; t += 1) series.append(row(t, 1));
    series.append(row(5, 1));
    expect(series.length).toBe(1000);
    for (let t = 0; t < 30; t += 1) series.append(row(t, 2));
    expect(series.lastTime).toBe(29);
    expect(series.time(0)).toBeLessThan(29);
  });

  it('finds the first row of a window', () => {
    const series = new Series(NUMBERS);
    for (const t of [10, 20, 30]) series.append(row(t, t));
    expect([5, 10, 15, 30, 31].map((t) => series.firstFrom(t))).toEqual([0, 0, 1, 2, 3]);
  });
});

describe('a stream', () => {
  function rows(first: number, count: number, extra: Partial<Rows> = {}): Rows {
    return {
      type: 'rows',
      stream: 's',
      first,
      reset: false,
      rows: Array.from({ length: count }, (_, i) => row((first + i) * 100, first + i)),
      ...extra,
    };
  }

  function held(stream: Stream): number[] {
    const series = stream.machines.get('fan')?.series;
    return series === undefined ? [] : contents(series).map(([, value]) => value);
  }

  it('joins history and live rows without gap or double, whichever comes first', () => {
    const stream = new Stream(NUMBERS);
    stream.accept(rows(1, 5), 0, true);
    expect(stream.accept(rows(4, 4), 0, false).map((r) => r.values[0])).toEqual([6, 7]);
    expect(stream.accept(rows(2, 3), 0, false)).toEqual([]);
    expect(held(stream)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(stream.lastSeq).toBe(7);
  });

  it('takes what comes from before, piece by piece and in the order of time', () => {
    const stream = new Stream(NUMBERS);
    stream.accept(rows(50, 3), 0, true);
    expect(stream.accept(rows(45, 6), 0, true)).toEqual([]);
    expect(stream.accept(rows(43, 2), 0, true)).toEqual([]);
    expect(held(stream)).toEqual([43, 44, 45, 46, 47, 48, 49, 50, 51, 52]);
    expect(stream.accept(rows(53, 1), 0, false)).toHaveLength(1);
    expect(stream.lastSeq).toBe(53);
  });

  it('knows a machine from before by its last sign of life', () => {
    const stream = new Stream(NUMBERS);
    stream.accept(rows(50, 3), 9_000, true);
    const pump = [1, 2].map((at) => ({ ...row(at * 1000, at), key: 'pump' }));
    stream.accept(rows(48, 0, { rows: pump }), 9_000, true);
    expect(stream.machines.get('pump')?.series.length).toBe(2);
    expect(stream.machines.get('pump')?.arrival.ageMs(9_000)).toBe(7_000);
  });

  it('goes on after a jump forward', () => {
    const stream = new Stream(NUMBERS);
    stream.accept(rows(0, 2), 0, true);
    stream.accept(rows(50, 2), 0, false);
    expect(held(stream)).toEqual([0, 1, 50, 51]);
  });

  it('begins anew on a reset, also with lower numbers', () => {
    const stream = new Stream(NUMBERS);
    stream.accept(rows(100, 3), 0, true);
    stream.accept(rows(0, 2, { reset: true }), 0, true);
    expect(held(stream)).toEqual([0, 1]);
    stream.accept(rows(9, 0, { reset: true }), 0, true);
    expect(held(stream)).toEqual([]);
    expect(stream.lastSeq).toBeNull();
  });

  it('keeps machines apart', () => {
    const stream = new Stream(NUMBERS);
    const two = [row(1, 1), { ...row(2, 2), key: 'pump' }];
    stream.accept(rows(0, 0, { rows: two }), 0, true);
    expect([...stream.machines.keys()]).toEqual(['fan', 'pump']);
    expect(held(stream)).toEqual([1]);
  });
});

describe('arrival', () => {
  it('of history is as old as the reading', () => {
    const arrival = new Arrival();
    expect(arrival.ageMs(0)).toBe(Number.POSITIVE_INFINITY);
    arrival.note(400_000, 1_000_000, true);
    expect(arrival.ageMs(1_000_000)).toBe(600_000);
  });

  it('of live rows counts even when the source lives in another time', () => {
    const arrival = new Arrival();
    arrival.note(400_000, 1_000_000, false);
    expect(arrival.ageMs(1_000_500)).toBe(500);
    expect(arrival.shiftMs).toBe(600_000);
    arrival.note(400_900, 1_001_000, false);
    expect(arrival.shiftMs).toBe(600_000);
    arrival.note(1_001_990, 1_002_000, false);
    expect(arrival.shiftMs).toBe(0);
  });
});
