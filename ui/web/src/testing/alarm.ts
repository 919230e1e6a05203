/** Alarms for unit tests: what a test does not care for has a value that does nothing. */
import type { AlarmChange, AlarmNode } from '../protocol';
import type { Standing } from '../alarms/standing';
import { fieldOf } from './widget';

export function alarmOf(change: Partial<Standing> = {}): Standing {
  return {
    node: 'heat',
    alarm: 'high',
    key: '',
    state: 'unacknowledged',
    priority: 'medium',
    message: 'Temperature is above 45 °C',
    active: true,
    since: 1000,
    value: null,
    first: false,
    shelvedUntil: null,
    by: null,
    ...change,
  };
}

export function changeWith(change: Partial<AlarmChange> = {}): AlarmChange {
  const { since, shelvedUntil: _, ...rest } = alarmOf();
  return { ...rest, time: since, ...change };
}

const COLUMNS = ['alarm', 'state', 'priority', 'message', 'active', 'first', 'by', 'value'];

export const HEAT: AlarmNode = {
  node: 'heat',
  stream: 'heat',
  title: 'Temperature',
  alarms: [
    { name: 'high', priority: 'medium', message: 'Temperature is above 45 °C' },
    { name: 'high_high', priority: 'high', message: 'Temperature is above 55 °C' },
  ],
  fields: COLUMNS.map((name, slot) => fieldOf({ name, slot, type: name === 'value' ? 'number' : 'text' })),
};
