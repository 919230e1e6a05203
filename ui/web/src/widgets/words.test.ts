import { describe, expect, it } from 'vitest';
import type { Field, FieldType, Row, Widget } from '../protocol';
import { widgetOf } from '../testing/widget';
import { adviceRoles, say, stateText } from './words';

function field(name: string, type: FieldType, slot: number): Field {
  return { name, title: name, unit: null, type, range: null, labels: null, slot };
}

function widget(kind: Widget['kind'], fields: Field[], alert: number | null): Widget {
  return widgetOf({ kind, fields, alert, popup: true });
}

const answer = [
  field('severity', 'text', 0),
  field('confidence', 'number', 1),
  field('advice', 'text', 2),
  field('fault_label', 'text', 3),
];

describe('the parts of an advice', () => {
  it('are known by name, in any order', () => {
    const roles = adviceRoles(answer);
    expect(Object.entries(roles).map(([role, found]) => [role, found?.name])).toEqual([
      ['headline', 'fault_label'],
      ['severity', 'severity'],
      ['confidence', 'confidence'],
      ['advice', 'advice'],
    ]);
  });

  it('are guessed by type where names say nothing', () => {
    const roles = adviceRoles([field('a', 'text', 0), field('b', 'number', 1), field('c', 'text', 2)]);
    expect([roles.headline?.name, roles.confidence?.name, roles.advice?.name, roles.severity]).toEqual([
      'a',
      'b',
      'c',
      null,
    ]);
  });

  it('may be a headline alone', () => {
    expect(adviceRoles([field('a', 'text', 0)])).toMatchObject({ headline: { name: 'a' }, advice: null });
  });
});

describe('words', () => {
  const row: Row = { time: 0, key: 'fan', values: ['High', 0.9, 'Inspect the load.', 'Overcurrent Fault'] };

  it('of a notice from an advice are what is wrong and what to do', () => {
    expect(say(widget('advice', answer, null), row)).toBe('Overcurrent Fault · Inspect the load.');
  });

  it('of a bare alert are what it means', () => {
    const anomaly = field('anomaly', 'boolean', 0);
    expect(stateText(widget('status', [anomaly], 0), anomaly, true)).toBe('Abnormal');
    expect(stateText(widget('status', [anomaly], null), anomaly, true)).toBe('Yes');
  });
});
