import { describe, expect, it, vi } from 'vitest';
import type { Past } from '../protocol';
import { Archive, type Need } from './archive.svelte';
import { apart, joined, pastCurve, woven } from './join';
import { ALWAYS, covers, DAY_MS, gapsOf, missing, ofToday, widened, type Rows } from './need';

const past: Past = {
  fromMs: 0,
  toMs: 50,
  stepMs: 10,
  times: [0, 10, 20, 30, 40],
  fields: { temp: { mean: [1, 2, 3, 4, 5], min: null, max: null } },
  states: {},
};
const mean = past.fields['temp']?.mean ?? [];
const until = (toMs: number): typeof ALWAYS => ({ ...ALWAYS, toMs });
const window = { fromMs: 0, toMs: 100, pixels: 100, windowMs: 100, gapMs: 15 };

describe('past and present', () => {
  it('join at the first live row, without a double', () => {
    const before = pastCurve(past, mean, window, until(30));
    const live = { times: [30, 35], values: [40, 50] };
    expect(joined(before, live, 15)).toEqual({ times: [0, 10, 20, 30, 35], values: [1, 2, 3, 40, 50] });
  });

  it('are parted by a break where nothing is known', () => {
    const before = pastCurve(past, mean, window, until(90));
    expect(joined(before, { times: [90], values: [9] }, 25).values).toEqual([1, 2, 3, 4, 5, null, 9]);
  });

  it('stand alone where there is no other', () => {
    const live = { times: [1], values: [1] };
    expect(joined({ times: [], values: [] }, live, 5)).toBe(live);
    expect(pastCurve(past, mean, window, ALWAYS).times).toEqual(past.times);
  });

  it('keep the steps of the archive together, however short the silence of a live line may be', () => {
    expect(pastCurve(past, mean, { ...window, gapMs: 1 }, ALWAYS).values).toEqual([1, 2, 3, 4, 5]);
  });

  it('are cut to the window, with one value on either side', () => {
    const cut = pastCurve(past, mean, { ...window, fromMs: 15, toMs: 25 }, ALWAYS);
    expect(cut.times).toEqual([10, 20, 30]);
  });

  it('are woven where a lost connection left a hole, and break where nothing is known', () => {
    const live = { times: [0, 1, 31, 100], values: [7, null, 8, 9] };
    const gaps = [
      { fromMs: 0, toMs: 31 },
      { fromMs: 31, toMs: 100 },
    ];
    const parts = gaps.map((gap) => pastCurve(past, mean, window, gap));
    expect(parts.map(({ values }) => values)).toEqual([[2, 3, 4], [5]]);
    expect(woven(live, gaps, parts, 15)).toEqual({
      times: [0, 10, 20, 30, 31, 40, 41, 100],
      values: [7, 2, 3, 4, 8, 5, null, 9],
    });
    expect(apart(parts)).toEqual({ times: [10, 20, 30, 31, 40], values: [2, 3, 4, null, 5] });
    expect(woven(live, [], [], 15)).toBe(live);
  });

  it('of a day before are moved to today', () => {
    expect(ofToday(past).times[1]).toBe(DAY_MS + 10);
  });
});

describe('what is missing of a window', () => {
  const whole = { fromMs: 1000, toMs: 2000 };
  const rows = (...times: number[]): Rows => ({
    length: times.length,
    time: (i) => times[i] ?? Number.NaN,
    firstFrom: (timeMs) => {
      const first = times.findIndex((time) => time >= timeMs);
      return first < 0 ? times.length : first;
    },
  });
  const missed = (...times: number[]): typeof whole | null =>
    missing(whole, gapsOf(rows(...times), whole, 300));

  it('is all without a live row, the part before the first one, or nothing', () => {
    expect(missing(whole, gapsOf(null, whole, 300))).toEqual(whole);
    expect(missed()).toEqual(whole);
    expect(missed(1500, 1700, 1900)).toEqual({ fromMs: 1000, toMs: 1500 });
    expect(missed(5000)).toEqual(whole);
    expect(missed(1005, 1300, 1600)).toBeNull();
  });

  it('has the holes between rows, also one that reaches beyond the window', () => {
    expect(missed(900, 1100, 1500, 1600)).toEqual({ fromMs: 1100, toMs: 1500 });
    expect(missed(500, 1400, 1600)).toEqual({ fromMs: 1000, toMs: 1400 });
    expect(missed(900, 1800, 2500)).toEqual({ fromMs: 1000, toMs: 2000 });
    expect(missed(1300, 1500, 1900)).toEqual({ fromMs: 1000, toMs: 1900 });
  });

  it('is nothing of a silence after the last row: that may still be going on', () => {
    expect(missed(900, 1100)).toBeNull();
  });

  it('is asked for with a margin that later moves stay within', () => {
    const asked = widened({ fromMs: 1000, toMs: 2000 }, 1000);
    expect(asked).toEqual({ fromMs: 750, toMs: 2250 });
    expect(covers(asked, { fromMs: 800, toMs: 1800 })).toBe(true);
    expect(covers(asked, { fromMs: 600, toMs: 1600 })).toBe(false);
  });
});

describe('the archive', () => {
  const answer = { ...past, stepMs: 0 };
  const need: Need = {
    stream: 'kpis',
    key: 'fan 1',
    window: { fromMs: 0, toMs: 50 },
    spanMs: 50,
    nowMs: 50,
  };
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

  it('asks once for a need, and answers it from what it holds', async () => {
    const ask = vi.fn(() => Promise.resolve(new Response(JSON.stringify(answer))));
    const archive = new Archive('http://twin/', ask);
    expect(archive.get(need)).toBeNull();
    expect(archive.get(need)).toBeNull();
    await settle();
    expect(archive.get(need)).toEqual(answer);
    expect(ask).toHaveBeenCalledTimes(1);
    const [url] = ask.mock.calls[0] as unknown as [URL];
    expect(url.pathname + url.search).toBe('/api/history/kpis?from=-13&to=63&points=1216&key=fan+1');
    // A move within the margin is no new question; one beyond it is, and shows what is held meanwhile.
    archive.get({ ...need, window: { fromMs: -10, toMs: 40 } });
    expect(ask).toHaveBeenCalledTimes(1);
    expect(archive.get({ ...need, window: { fromMs: -60, toMs: -10 } })).toEqual(answer);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it.each([404, 501])('asks no more after a %i', async (status) => {
    const ask = vi.fn(() => Promise.resolve(new Response('', { status })));
    const archive = new Archive('http://twin/', ask);
    archive.get(need);
    await settle();
    archive.get(need);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(archive.lacks('kpis')).toBe(true);
    expect(archive.known).toBe(false);
  });

  it('shows another zoom that covers the need until the right one has come', async () => {
    const ask = vi.fn(() => Promise.resolve(new Response(JSON.stringify(answer))));
    const archive = new Archive('http://twin/', ask);
    archive.get(need);
    await settle();
    expect(archive.get({ ...need, window: { fromMs: 20, toMs: 30 }, spanMs: 10 })).toEqual(answer);
  });
});
