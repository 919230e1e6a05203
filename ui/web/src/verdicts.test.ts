import { describe, expect, it } from 'vitest';
import type { Band } from './protocol';
import { Arrival } from './store/arrival';
import { Series } from './store/series';
import type { Machine } from './store/stream';
import { loopSpec } from './protocol/loop';
import { fieldOf, widgetOf } from './testing/widget';
import { judge } from './verdicts';

const bands: Band[] = [
  { from: 0, to: 40, level: 'normal' },
  { from: 40, to: 50, level: 'warning' },
  { from: 50, to: 60, level: 'alarm' },
];

function machine(temp: number, raised: boolean): Machine {
  const series = new Series(
    new Map([
      [0, 'number'],
      [1, 'number'],
    ]),
  );
  series.append({ time: 1, key: 'fan', values: [temp, raised] });
  return { series, arrival: new Arrival() };
}

const machines = new Map([
  ['fan 1', machine(20, false)],
  ['fan 2', machine(45, true)],
  ['fan 10', machine(55, false)],
]);
const gauge = widgetOf({ id: 'gauge', kind: 'gauge', bands });
const lamp = widgetOf({ id: 'lamp', kind: 'status', alert: 1 });

describe('the verdicts', () => {
  const of = (key: string | null): ReturnType<typeof judge> => judge([gauge, lamp], () => machines, key);

  it('are those of the chosen machine', () => {
    expect([...of('fan 1').abnormal]).toEqual([]);
    expect([...of('fan 2').abnormal]).toEqual([
      ['gauge', 'warning'],
      ['lamp', 'alarm'],
    ]);
  });

  it('are the worst of all machines when all are looked at, and name the machine', () => {
    const all = of(null);
    expect(all.abnormal.get('gauge')).toBe('alarm');
    expect(all.worst.get('gauge')).toBe('fan 10');
    expect(all.worst.get('lamp')).toBe('fan 2');
  });

  it('find a loop abnormal in its safe state alone, whatever it measures', () => {
    const fields = ['temp', 'setpoint', 'output', 'mode', 'reason'].map((name, slot) =>
      fieldOf({ name, slot }),
    );
    const loop = widgetOf({ kind: 'loop', fields, bands, loop: loopSpec({ settable: true }, fields, 'w') });
    const inMode = (mode: string): string | undefined => {
      const series = new Series(
        new Map([
          [0, 'number'],
          [3, 'text'],
        ]),
      );
      series.append({ time: 1, key: '', values: [99, 40, 0, mode, ''] });
      return judge([loop], () => new Map([['', { series, arrival: new Arrival() }]]), '').abnormal.get('w');
    };
    expect(['automatic', 'manual', 'safe'].map(inMode)).toEqual([undefined, undefined, 'alarm']);
  });

  it('keep to the first machine while all are well', () => {
    const well = new Map([
      ['fan 10', machine(20, false)],
      ['fan 9', machine(21, false)],
    ]);
    expect(judge([gauge], () => well, null).worst.get('gauge')).toBe('fan 9');
  });

  it('take a map of the machines for all of them, whichever is chosen', () => {
    const map = widgetOf({ id: 'map', kind: 'heat-map', bands });
    expect(judge([map], () => machines, 'fan 1').abnormal.get('map')).toBe('alarm');
  });

  it('count an advice only once, with what it advises on', () => {
    const advice = widgetOf({ id: 'advice', kind: 'advice', alert: 1 });
    expect(judge([advice], () => machines, 'fan 2').abnormal.size).toBe(0);
  });
});
