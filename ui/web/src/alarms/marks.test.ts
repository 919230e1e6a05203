import { describe, expect, it, vi } from 'vitest';
import { alarmMarker, gathered, type Marker } from '../chart/markers';
import { changeWith } from '../testing/alarm';
import { fieldOf } from '../testing/widget';
import { AlarmMarks, joinedRaises } from './marks.svelte';

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('when alarms were raised', () => {
  it('is told once, by the journal or by what came since, in the order of time', () => {
    const past = [changeWith({ time: 9 }), changeWith({ time: 5 }), changeWith({ time: 6, state: 'normal' })];
    const live = [changeWith({ time: 9 }), changeWith({ time: 12 }), changeWith({ time: 9, key: 'fan 2' })];
    expect(joinedRaises(past, live).map(({ time, key }) => `${time}${key}`)).toEqual([
      '5',
      '9',
      '9fan 2',
      '12',
    ]);
  });

  it('is asked for once, with a margin, and again for an older stretch', async () => {
    const journal = [{ ...changeWith(), timeMs: 940, machine: '' }];
    const ask = vi.fn((_: URL) => Promise.resolve(new Response(JSON.stringify(journal))));
    vi.stubGlobal('fetch', ask);
    const marks = new AlarmMarks('http://twin/');
    const window = { fromMs: 900, toMs: 1000 };
    expect(marks.within(window, [], 1000, false)).toEqual([]);
    expect(ask).not.toHaveBeenCalled();
    marks.within(window, [], 1000, true);
    marks.within(window, [], 1000, true);
    await settle();
    expect(marks.within(window, [], 1000, true).map(({ time }) => time)).toEqual([940]);
    // What is later comes by itself.
    expect(marks.within({ fromMs: 950, toMs: 1050 }, [changeWith({ time: 1020 })], 1050, true)).toHaveLength(
      1,
    );
    expect(ask).toHaveBeenCalledTimes(1);
    expect(ask.mock.calls[0]?.[0].search).toBe('?from=875&to=1025&most=1000');
    marks.within({ fromMs: 500, toMs: 600 }, [], 1050, true);
    expect(ask).toHaveBeenCalledTimes(2);
    vi.unstubAllGlobals();
  });
});

describe('the markers of a chart', () => {
  const at = (timeMs: number, urgent = false): Marker => ({ timeMs, words: `${timeMs}`, urgent });

  it('say what was raised', () => {
    const change = changeWith({ key: 'fan 1', value: 46.52, priority: 'high' });
    const marker = alarmMarker(change, fieldOf({ unit: '°C', range: [0, 60] }));
    expect(marker.words).toMatch(/^[\d:]{8} High: Temperature is above 45 °C · fan 1, 46.5 °C$/);
    expect(marker.urgent).toBe(true);
  });

  it('become one where they are too close to be told apart', () => {
    expect(gathered([at(20), at(0), at(3, true)], 5)).toEqual([
      { timeMs: 0, words: '0\n3', urgent: true },
      at(20),
    ]);
  });
});
