/** Alarms: the nodes that raise them, what stands, what was, and who did what. */
import * as check from '../check';

/** From the least to the most urgent. */
export const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** After ISA-18.2. A `returned` one is over, and nobody has acknowledged it. */
export const ALARM_STATES = [
  'unacknowledged',
  'acknowledged',
  'returned',
  'shelved',
  'suppressed',
  'normal',
] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

export interface AlarmInfo {
  /** Its name within the node. */
  readonly name: string;
  readonly priority: Priority;
  readonly message: string;
}

/** An alarm that is not normal. */
export interface Alarm {
  readonly node: string;
  /** Which of the node's alarms. */
  readonly alarm: string;
  /** The machine; empty where there is only one. */
  readonly key: string;
  readonly state: AlarmState;
  readonly priority: Priority;
  readonly message: string;
  /** Whether its condition holds. */
  readonly active: boolean;
  /** When it came into its state, milliseconds since 1970. */
  readonly since: number;
  /** The value when it was raised. */
  readonly value: number | null;
  /** Whether no other alarm of its node stood when it was raised. */
  readonly first: boolean;
  readonly shelvedUntil: number | null;
}

/** A change of an alarm, as the journal keeps it. */
export interface AlarmChange {
  readonly time: number;
  readonly node: string;
  readonly alarm: string;
  readonly key: string;
  readonly state: AlarmState;
  readonly priority: Priority;
  readonly message: string;
  readonly active: boolean;
  readonly first: boolean;
  /** Who did it, if somebody did. */
  readonly by: string | null;
  readonly value: number | null;
}

/** An alarm, and how often it was raised. */
export interface Frequent {
  readonly node: string;
  readonly machine: string;
  readonly alarm: string;
  readonly count: number;
}

export interface AlarmStatistics {
  readonly raised: number;
  readonly byPriority: Readonly<Record<string, number>>;
  readonly perTenMinutes: number;
  readonly peakPerTenMinutes: number;
  /** The share of ten-minute spans with more than ten alarms. */
  readonly inFlood: number;
  readonly mostFrequent: readonly Frequent[];
  readonly chattering: readonly Frequent[];
}

/** Something that somebody did. */
export interface Deed {
  readonly time: number;
  readonly by: string;
  readonly node: string;
  readonly operation: string;
  /** With what, as JSON. */
  readonly arguments: string;
  /** Why it was not done; null when it was. */
  readonly refused: string | null;
}

export function alarmInfo(value: unknown, path: string): AlarmInfo {
  const raw = check.object(value, path);
  return {
    name: check.text(raw['name'], `${path}.name`),
    priority: check.oneOf(raw['priority'], `${path}.priority`, PRIORITIES),
    message: check.text(raw['message'], `${path}.message`),
  };
}

/** What an alarm that stands and one in the journal have in common. */
function told(raw: check.JsonObject, path: string): Omit<AlarmChange, 'time' | 'key' | 'by'> {
  return {
    node: check.text(raw['node'], `${path}.node`),
    alarm: check.text(raw['alarm'], `${path}.alarm`),
    state: check.oneOf(raw['state'], `${path}.state`, ALARM_STATES),
    priority: check.oneOf(raw['priority'], `${path}.priority`, PRIORITIES),
    message: check.text(raw['message'], `${path}.message`),
    active: check.flag(raw['active'], `${path}.active`),
    first: check.flag(raw['first'], `${path}.first`),
    value: check.optional(raw['value'], `${path}.value`, check.finite),
  };
}

/** Reads `GET /api/alarms`. */
export function parseAlarms(value: unknown): Alarm[] {
  return check.list(value, 'alarms', (entry, path) => {
    const raw = check.object(entry, path);
    return {
      ...told(raw, path),
      key: check.text(raw['key'], `${path}.key`),
      since: check.finite(raw['since'], `${path}.since`),
      shelvedUntil: check.optional(raw['shelvedUntil'], `${path}.shelvedUntil`, check.finite),
    };
  });
}

/** Reads `GET /api/alarms/journal`, the newest first. */
export function parseJournal(value: unknown): AlarmChange[] {
  return check.list(value, 'journal', (entry, path) => {
    const raw = check.object(entry, path);
    return {
      ...told(raw, path),
      time: check.finite(raw['timeMs'], `${path}.timeMs`),
      key: check.text(raw['machine'], `${path}.machine`),
      by: check.optional(raw['by'], `${path}.by`, check.text),
    };
  });
}

function frequent(value: unknown, path: string): Frequent {
  const raw = check.object(value, path);
  return {
    node: check.text(raw['node'], `${path}.node`),
    machine: check.text(raw['machine'], `${path}.machine`),
    alarm: check.text(raw['alarm'], `${path}.alarm`),
    count: check.index(raw['count'], `${path}.count`),
  };
}

/** Reads `GET /api/alarms/statistics`. */
export function parseStatistics(value: unknown): AlarmStatistics {
  const raw = check.object(value, 'statistics');
  return {
    raised: check.index(raw['raised'], 'raised'),
    byPriority: check.record(raw['byPriority'], 'byPriority', check.index),
    perTenMinutes: check.finite(raw['perTenMinutes'], 'perTenMinutes'),
    peakPerTenMinutes: check.index(raw['peakPerTenMinutes'], 'peakPerTenMinutes'),
    inFlood: check.finite(raw['inFlood'], 'inFlood'),
    mostFrequent: check.list(raw['mostFrequent'], 'mostFrequent', frequent),
    chattering: check.list(raw['chattering'], 'chattering', frequent),
  };
}

/** Reads `GET /api/audit`, the newest first. */
export function parseDeeds(value: unknown): Deed[] {
  return check.list(value, 'audit', (entry, path) => {
    const raw = check.object(entry, path);
    return {
      time: check.finite(raw['timeMs'], `${path}.timeMs`),
      by: check.text(raw['by'], `${path}.by`),
      node: check.text(raw['node'], `${path}.node`),
      operation: check.text(raw['operation'], `${path}.operation`),
      arguments: check.text(raw['arguments'], `${path}.arguments`),
      refused: check.optional(raw['refused'], `${path}.refused`, check.text),
    };
  });
}
