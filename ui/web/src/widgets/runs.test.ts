import { describe, expect, it } from 'vitest';
import { runsOf, type States } from './runs';

function states(...rows: [time: number, state: string | null][]): States {
  return {
    count: rows.length,
    time: (i) => rows[i]?.[0] ?? NaN,
    state: (i) => rows[i]?.[1] ?? null,
  };
}

describe('runs', () => {
  it('join equal states and reach up to the next one and to now', () => {
    expect(runsOf(states([0, 'a'], [10, 'a'], [20, 'b'], [30, 'a']), 35, 100)).toEqual([
      { state: 'a', fromMs: 0, toMs: 20 },
      { state: 'b', fromMs: 20, toMs: 30 },
      { state: 'a', fromMs: 30, toMs: 35 },
    ]);
  });

  it('end at a silence and at a missing state', () => {
    expect(runsOf(states([0, 'a'], [10, 'a'], [500, 'a'], [510, null], [520, 'a']), 525, 100)).toEqual([
      { state: 'a', fromMs: 0, toMs: 10 },
      { state: 'a', fromMs: 500, toMs: 510 },
      { state: 'a', fromMs: 520, toMs: 525 },
    ]);
  });

  it('of a source that fell silent do not reach to now', () => {
    expect(runsOf(states([0, 'a'], [10, 'a']), 9999, 100)).toEqual([{ state: 'a', fromMs: 0, toMs: 10 }]);
  });
});
