import { describe, expect, it } from 'vitest';
import { fieldOf } from '../testing/widget';
import { experimentSpec, parseRunName, parseRuns } from './experiment';
import { Structured } from './structured';

const fields = ['run', 'phase', 'elapsed', 'phase_elapsed'].map((name, slot) => fieldOf({ name, slot }));
const fault = {
  name: 'fault',
  title: 'Fault',
  options: [{ value: { class: 3 }, label: 'Imbalance' }],
  default: { class: 3 },
};
const load = { name: 'load', title: 'Load', unit: 'W', range: [0, 500], step: 10, default: 120 };

describe('an experiment in the layout', () => {
  it('has phases, and parameters that are chosen or typed', () => {
    const said = { phases: [{ name: 'baseline', seconds: 30 }], parameters: [fault, load] };
    const spec = experimentSpec(said, fields, 'w');
    expect(spec.phases).toEqual([{ name: 'baseline', seconds: 30 }]);
    expect(spec.parameters[0]).toMatchObject({ kind: 'choice', preset: new Structured({ class: 3 }) });
    expect(spec.parameters[1]).toMatchObject({ kind: 'number', unit: 'W', range: [0, 500], preset: 120 });
    expect(spec.phaseElapsed.name).toBe('phase_elapsed');
  });

  it.each([
    [{ phases: [{ name: 'a', seconds: 0 }], parameters: [] }, 'phases[0].seconds: expected a number above 0'],
    [{ phases: [], parameters: [{ ...fault, options: [] }] }, 'parameters[0].options: expected at least one'],
    [{ phases: [], parameters: [{ ...load, default: 'x' }] }, 'parameters[0].default: expected a finite'],
  ])('is refused with the place and the reason: %j', (said, message) => {
    expect(() => experimentSpec(said, fields, 'w')).toThrow(message);
  });
});

describe('the runs', () => {
  const run = {
    run: '2026-11-27T15-04-05',
    started: '2026-11-27T15:04:05Z',
    ended: null,
    outcome: 'running',
    by: 'local',
    note: '',
    parameters: { fault: 'Imbalance', load: 120 },
    rows: 7,
    file: '2026-11-27T15-04-05.csv',
    bytes: 420,
  };

  it('are read with their times, and with their parameters in words', () => {
    expect(parseRuns([run])[0]).toMatchObject({
      startedMs: Date.UTC(2026, 10, 27, 15, 4, 5),
      endedMs: null,
      reason: null,
      parameters: { fault: 'Imbalance', load: '120' },
    });
  });

  it('are refused when a time is none', () => {
    expect(() => parseRuns([{ ...run, ended: 'soon' }])).toThrow(
      'runs[0].ended: expected a time in ISO 8601, found "soon"',
    );
  });

  it('are named by what starts them', () => {
    expect(parseRunName({ run: 'r1' })).toBe('r1');
    expect(() => parseRunName({})).toThrow('run: expected text');
  });
});
