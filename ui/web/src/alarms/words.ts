/** Alarms in words. */
import { formatMoment, formatNumber, formatTime, withUnit } from '../format';
import type { AlarmState, Field, Priority } from '../protocol';
import type { Standing } from './standing';

export const PRIORITY_WORDS: Record<Priority, string> = {
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

export const STATE_WORDS: Record<AlarmState, string> = {
  unacknowledged: 'Unacknowledged',
  acknowledged: 'Acknowledged',
  returned: 'Over, unacknowledged',
  shelved: 'Shelved',
  suppressed: 'Suppressed',
  normal: 'Normal',
};

/** Where it stands alone: "Fan temperature is above 45 °C · fan 1". */
export function spoken({ message, key }: Pick<Standing, 'message' | 'key'>): string {
  return key === '' ? message : `${message} · ${key}`;
}

export function valueWords(value: number | null, field: Field | null): string {
  return value === null ? '' : withUnit(formatNumber(value, field?.range ?? null), field?.unit ?? null);
}

const DAY_MS = 86_400_000;

/** The time of day, with the date where it is not of these hours. */
export function whenWords(timeMs: number, nowMs: number): string {
  return Math.abs(nowMs - timeMs) < DAY_MS / 2 ? formatTime(timeMs) : formatMoment(timeMs);
}

export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
