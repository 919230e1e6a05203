import { describe, expect, it } from 'vitest';
import { fieldOf } from '../testing/widget';
import { loopMode, loopSpec } from './loop';

const fields = ['temp', 'setpoint', 'output', 'mode', 'reason'].map((name, slot) => fieldOf({ name, slot }));

describe('a loop in the layout', () => {
  it('has its columns in the order of the server', () => {
    const spec = loopSpec({ settable: false }, fields, 'w');
    expect([spec.measured, spec.setpoint, spec.output, spec.mode, spec.reason]).toEqual(fields);
    expect(spec.settable).toBe(false);
  });

  it('is refused without one of them, and without a word on who sets the set-point', () => {
    expect(() => loopSpec({ settable: true }, fields.slice(0, 4), 'w')).toThrow(
      'w.fields: expected measured value, set-point, output, mode and reason, found a list of 4',
    );
    expect(() => loopSpec({}, fields, 'w')).toThrow('w.loop.settable: expected true or false');
  });

  it('has three modes, and none for a word of a later server', () => {
    expect(['automatic', 'manual', 'safe', 'cascade', null].map(loopMode)).toEqual([
      'automatic',
      'manual',
      'safe',
      null,
      null,
    ]);
  });
});
