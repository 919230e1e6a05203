/** The moments at which an alert begins, or an alarm is raised. */
import { PRIORITY_WORDS, spoken, valueWords } from '../alarms/words';
import { formatTime } from '../format';
import type { AlarmChange, Field } from '../protocol';
import type { Series } from '../store/series';

export interface Marker {
  readonly timeMs: number;
  /** What a pointer that rests on it is told. */
  readonly words: string;
  /** Whether somebody has to act soon. */
  readonly urgent: boolean;
}

export function alarmMarker(change: AlarmChange, field: Field | null): Marker {
  const { priority, time, value } = change;
  const raised = value === null ? '' : `, ${valueWords(value, field)}`;
  return {
    timeMs: time,
    words: `${formatTime(time)} ${PRIORITY_WORDS[priority]}: ${spoken(change)}${raised}`,
    urgent: priority === 'high' || priority === 'critical',
  };
}

/** Those at about the same place become one, which tells of all of them. @param apartMs what a screen can tell apart */
export function gathered(markers: readonly Marker[], apartMs: number): Marker[] {
  const all: Marker[] = [];
  for (const marker of [...markers].sort((a, b) => a.timeMs - b.timeMs)) {
    const last = all.at(-1);
    if (last === undefined || marker.timeMs - last.timeMs > apartMs) all.push(marker);
    else {
      const words = `${last.words}\n${marker.words}`;
      all[all.length - 1] = { timeMs: last.timeMs, words, urgent: last.urgent || marker.urgent };
    }
  }
  return all;
}

/** Event times within a window of rows whose alert is true after one that was not. */
export function beginnings(series: Series, alertSlot: number, fromMs: number, toMs: number): number[] {
  const found: number[] = [];
  const first = series.firstFrom(fromMs);
  // What goes on since before the first row that is held began at an unknown time.
  let before = first > 0 ? series.number(alertSlot, first - 1) : Number.NaN;
  for (let i = first; i < series.length && series.time(i) <= toMs; i += 1) {
    const now = series.number(alertSlot, i);
    if (now === 1 && before === 0) found.push(series.time(i));
    if (!Number.isNaN(now)) before = now;
  }
  return found;
}
