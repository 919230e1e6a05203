/** Rows of an alarm node's stream as changes of alarms. */
import { ALARM_STATES, PRIORITIES, type AlarmChange, type AlarmNode, type Cell, type Row } from '../protocol';

/** Null for a row that tells nothing that this page understands: a server may be newer. */
export function changeOf(node: AlarmNode, row: Row): AlarmChange | null {
  const cell = (name: string): Cell => {
    const slot = node.fields.find((field) => field.name === name)?.slot;
    return slot === undefined ? null : (row.values[slot] ?? null);
  };
  const text = (name: string): string | null => {
    const value = cell(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const is = (name: string): boolean => cell(name) === true || cell(name) === 1;
  const alarm = text('alarm');
  const state = ALARM_STATES.find((known) => known === cell('state'));
  if (alarm === null || state === undefined) return null;
  const info = node.alarms.find(({ name }) => name === alarm);
  const priority = PRIORITIES.find((known) => known === cell('priority')) ?? info?.priority ?? 'medium';
  const value = cell('value');
  return {
    time: row.time,
    node: node.node,
    alarm,
    key: row.key,
    state,
    priority,
    message: text('message') ?? info?.message ?? alarm,
    active: is('active'),
    first: is('first'),
    by: text('by'),
    value: typeof value === 'number' ? value : null,
  };
}
