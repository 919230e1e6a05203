import { describe, expect, it, vi } from 'vitest';
import { ALWAYS } from '../archive/need';
import type { Past } from '../protocol';
import { Series } from '../store/series';
import { fieldOf } from '../testing/widget';
import { binsOf } from './bins';
import { samplesOf } from './samples';
import { stateName, stateRuns } from './state-runs';

// uPlot, which the charts' sources use, asks for the screen when it is loaded.
vi.hoisted(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
  vi.stubGlobal('devicePixelRatio', 1);
});

const S = 1000;
const MINUTE = 60 * S;
const code = fieldOf({ name: 'code', type: 'integer', labels: { 0: 'Normal', 1: 'Worn' } });
const window = { fromMs: 0, toMs: 10 * MINUTE };

function live(...rows: [time: number, value: number][]): Series {
  const made = new Series(new Map([[0, 'number']]));
  for (const [time, value] of rows) made.append({ time, key: '', values: [value] });
  return made;
}

function pastOf(change: Partial<Past>): Past {
  return { fromMs: 0, toMs: 10 * MINUTE, stepMs: 0, times: [], fields: {}, states: {}, ...change };
}

describe('the states of a field', () => {
  const states = {
    code: {
      times: [-30 * S, 30 * S, 90 * S, 2 * MINUTE, 3 * MINUTE, 8 * MINUTE],
      values: [0, 0, 1, 1, 1, 0],
    },
  };

  it('come from the archive up to the first live row, where both are one run', () => {
    const series = live([4 * MINUTE, 1], [4 * MINUTE + S, 1], [4 * MINUTE + 2 * S, 0]);
    const gaps = [{ ...ALWAYS, toMs: 4 * MINUTE }];
    const to = { fromMs: 0, toMs: 4 * MINUTE + 3 * S };
    expect(stateRuns({ series, gaps, past: pastOf({ states }) }, code, to, 3 * S)).toEqual([
      { state: 'Normal', fromMs: -30 * S, toMs: 90 * S },
      { state: 'Worn', fromMs: 90 * S, toMs: 4 * MINUTE + 2 * S },
      { state: 'Normal', fromMs: 4 * MINUTE + 2 * S, toMs: 4 * MINUTE + 3 * S },
    ]);
  });

  it('are unknown after two minutes without a sign of life', () => {
    const runs = stateRuns({ series: null, gaps: [ALWAYS], past: pastOf({ states }) }, code, window, 3 * S);
    expect(runs).toEqual([
      { state: 'Normal', fromMs: -30 * S, toMs: 90 * S },
      { state: 'Worn', fromMs: 90 * S, toMs: 3 * MINUTE },
      { state: 'Normal', fromMs: 8 * MINUTE, toMs: 10 * MINUTE },
    ]);
  });

  it('fill the hole that a lost connection left', () => {
    const series = live([60 * S, 0], [3 * MINUTE, 1], [3 * MINUTE + S, 1]);
    const gaps = [{ fromMs: 60 * S, toMs: 3 * MINUTE }];
    const to = { fromMs: 60 * S, toMs: 3 * MINUTE + S };
    expect(stateRuns({ series, gaps, past: pastOf({ states }) }, code, to, 3 * S)).toEqual([
      { state: 'Normal', fromMs: 60 * S, toMs: 90 * S },
      { state: 'Worn', fromMs: 90 * S, toMs: 3 * MINUTE + S },
    ]);
  });

  it('are words for codes, texts and yes and no', () => {
    const flag = fieldOf({ type: 'boolean' });
    expect([1, 2].map((value) => stateName(code, value))).toEqual(['Worn', '2']);
    expect([1, 0, null].map((value) => stateName(flag, value))).toEqual(['Yes', 'No', null]);
    expect(stateName(fieldOf({ type: 'text' }), 'idle')).toBe('idle');
  });
});

describe('the values of a field', () => {
  const temp = fieldOf({ name: 'temp' });

  it('of the past count as often as there were readings', () => {
    const fields = { temp: { mean: [1, null, 3], min: null, max: null } };
    const past = pastOf({ stepMs: 10 * S, times: [5 * S, 15 * S, 25 * S], fields });
    const series = live([30 * S, 7], [31 * S, 8]);
    const samples = samplesOf({ series, gaps: [{ ...ALWAYS, toMs: 30 * S }], past }, temp, window);
    expect(samples).toEqual({ values: [1, 3, 7, 8], weights: [10, 10, 1, 1], stepMs: 10 * S });
    const counts = binsOf(samples.values, 10, samples.weights).map(({ count }) => count);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(22);
  });

  it('are live rows where the archive has nothing', () => {
    const series = live([30 * S, 7]);
    const samples = samplesOf({ series, gaps: [], past: null }, temp, window);
    expect(samples).toEqual({ values: [7], weights: [1], stepMs: 0 });
  });
});
