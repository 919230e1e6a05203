import { describe, expect, it } from 'vitest';
import { picksWithin, stretch, toInput } from './picks';
import { TimeView } from './view.svelte';
import { between, moved, spanOf, zoomed } from './window';

const window = { fromMs: 1_000_000, toMs: 1_100_000 };

describe('a window of time', () => {
  it('is spanned by a drag in either direction', () => {
    expect(between(2_000_000, 1_000_000)).toEqual({ fromMs: 1_000_000, toMs: 2_000_000 });
  });

  it('never becomes too short to show anything', () => {
    expect(spanOf(between(5000, 5010))).toBe(1000);
    expect(spanOf(zoomed(window, 1e-9))).toBe(1000);
  });

  it('keeps what is under the pointer in its place when zoomed', () => {
    const closer = zoomed(window, 0.5, 0.25);
    expect(closer).toEqual({ fromMs: 1_012_500, toMs: 1_062_500 });
    expect(zoomed(closer, 2, 0.25)).toEqual(window);
  });

  it('moves back freely, and forward as far as the present', () => {
    expect(moved(window, -5000, 1_100_000)).toEqual({ fromMs: 995_000, toMs: 1_095_000 });
    expect(moved(window, 5000, 1_102_000)).toEqual({ fromMs: 1_002_000, toMs: 1_102_000 });
    expect(moved(window, 5000, 1_050_000)).toEqual(window);
  });
});

describe('the view', () => {
  const NOW = 2_000_000;

  it('follows the present in the span of the chart, or in the one that was chosen', () => {
    const view = new TimeView();
    expect(view.window(300_000, NOW)).toEqual({ fromMs: 1_700_000, toMs: NOW });
    expect(view.window(300_000, NOW, 500_000)).toEqual({ fromMs: 1_200_000, toMs: 1_500_000 });
    view.choose({ kind: 'live', spanMs: 60_000 });
    expect(view.window(300_000, NOW)).toEqual({ fromMs: 1_940_000, toMs: NOW });
    expect(view.live).toBe(true);
  });

  it('stands still while paused', () => {
    const view = new TimeView();
    view.togglePause(NOW);
    expect(view.window(1000, NOW + 5000)).toEqual({ fromMs: NOW - 1000, toMs: NOW });
    expect(view.live).toBe(false);
    view.togglePause(NOW + 5000);
    expect(view.window(1000, NOW + 5000).toMs).toBe(NOW + 5000);
  });

  it('leads back to the present from a zoom, a pause and a fixed stretch', () => {
    const view = new TimeView();
    view.choose({ kind: 'live', spanMs: 60_000 });
    view.zoom = window;
    view.togglePause(NOW);
    view.toLive();
    expect(view.live).toBe(true);
    expect(view.choice).toEqual({ kind: 'live', spanMs: 60_000 });
    view.choose({ kind: 'fixed', window });
    expect(view.window(1000, NOW)).toEqual(window);
    view.toLive();
    expect(view.choice).toEqual({ kind: 'own' });
  });
});

describe('the picker', () => {
  it('offers only what is live where there is no past, but always something', () => {
    expect(picksWithin(3_600_000).map(({ name }) => name)).toEqual(['5 min', '15 min', '1 h']);
    expect(picksWithin(0).map(({ name }) => name)).toEqual(['5 min']);
  });

  it('takes a stretch between two local times, and says what is wrong with others', () => {
    const time = new Date(2026, 2, 1, 14, 2).getTime();
    expect(toInput(time)).toBe('2026-03-01T14:02');
    expect(stretch(toInput(time), toInput(time + 60_000))).toEqual({ fromMs: time, toMs: time + 60_000 });
    expect(stretch('', toInput(time))).toBe('Enter both times.');
    expect(stretch(toInput(time), toInput(time))).toBe('The first time must be before the second.');
  });
});
