/** The journal and the audit as people look through them, and as files. */
import { csvOf } from '../csv';
import type { AlarmChange, Deed } from '../protocol';
import { PRIORITY_WORDS, STATE_WORDS } from './words';

/** Whether every word of a search is somewhere in the texts. */
export function matches(search: string, texts: readonly (string | null)[]): boolean {
  const hay = texts.join(' ').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

export function searched(changes: readonly AlarmChange[], search: string): readonly AlarmChange[] {
  if (search.trim() === '') return changes;
  return changes.filter(({ node, alarm, key, state, priority, message, by }) =>
    matches(search, [node, alarm, key, STATE_WORDS[state], state, PRIORITY_WORDS[priority], message, by]),
  );
}

export function journalCsv(changes: readonly AlarmChange[]): string {
  const head = [
    'time',
    'node',
    'alarm',
    'machine',
    'state',
    'priority',
    'message',
    'active',
    'first',
    'by',
    'value',
  ];
  return csvOf(
    head,
    changes.map((change) => [
      ...[new Date(change.time).toISOString(), change.node, change.alarm, change.key],
      ...[change.state, change.priority, change.message],
      ...[String(change.active), String(change.first), change.by, change.value],
    ]),
  );
}

export function auditCsv(deeds: readonly Deed[]): string {
  return csvOf(
    ['time', 'by', 'node', 'operation', 'arguments', 'refused'],
    deeds.map((deed) => [
      ...[new Date(deed.time).toISOString(), deed.by, deed.node, deed.operation],
      ...[deed.arguments, deed.refused],
    ]),
  );
}

/** The arguments of a deed as people read them: "alarm high, minutes 30". */
export function argumentWords(json: string): string {
  try {
    const read: unknown = JSON.parse(json);
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return json === 'null' ? '' : json;
    return Object.entries(read as Record<string, unknown>)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', ');
  } catch {
    return json;
  }
}
