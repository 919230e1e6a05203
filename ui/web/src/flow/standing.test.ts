import { describe, expect, it } from 'vitest';
import type { NodeState } from '../protocol/nodes';
import { sampleOf } from './rates';
import { standingOf } from './standing';
import { batchTime, cut, rate } from './words';

const state = (more: Partial<NodeState>): NodeState => ({
  node: 'kpis',
  received: 10,
  emitted: 10,
  dropped: 0,
  errors: 4,
  queue: null,
  batches: 1,
  batchSeconds: 1,
  notReady: null,
  ...more,
});

describe('the standing of a node', () => {
  it('is normal with errors of long ago only', () => {
    const samples = [sampleOf(state({}), 1000), sampleOf(state({}), 2000)];
    expect(standingOf(state({}), samples)).toEqual({ level: 'normal', reasons: [] });
    expect(standingOf(null, [])).toEqual({ level: 'normal', reasons: [] });
  });

  it('names what is wrong, the worst first', () => {
    const now = state({ errors: 5, notReady: 'cannot reach the broker' });
    const samples = [sampleOf(state({}), 1000), sampleOf(now, 2000)];
    expect(standingOf(now, samples)).toEqual({
      level: 'alarm',
      reasons: ['Not ready: cannot reach the broker', '1 error lately'],
    });
    expect(standingOf(state({ errors: 5 }), samples).level).toBe('warning');
    expect(standingOf(state({}), [sampleOf(state({}), 1000), sampleOf(state({ dropped: 2 }), 2000)])).toEqual(
      {
        level: 'alarm',
        reasons: ['2 records dropped lately'],
      },
    );
  });
});

describe('the numbers of a node', () => {
  it('are short', () => {
    expect([null, 0, 0.02, 5, 42.4, 12_345, 123_456].map(rate)).toEqual([
      '–',
      '0/s',
      '1.2/min',
      '5.0/s',
      '42/s',
      '12.3k/s',
      '123k/s',
    ]);
    expect([null, 0.18, 2.14, 42, 1200].map(batchTime)).toEqual(['–', '180 µs', '2.1 ms', '42 ms', '1.2 s']);
    expect([cut('fan', 4), cut('vibration', 4)]).toEqual(['fan', 'vib…']);
  });
});
