/** What an operator asked of alarms: shown as done at once, and taken back with the reason when it is refused. */
import { idOf, type Standing } from './standing';

export type Operation = 'acknowledge' | 'shelve' | 'unshelve';

export interface AlarmWish {
  readonly operation: Operation;
  readonly minutes: number | null;
  /** When it was asked. */
  readonly askedMs: number;
  /** The state it was asked in: another one is the answer. */
  readonly from: Standing['state'];
  readonly fromSince: number;
  /** Whether the server has taken it. */
  readonly taken: boolean;
  /** Why it was not done. */
  readonly refused: string | null;
}

export interface ShownAlarm extends Standing {
  readonly id: string;
  /** Whether it is shown as it will be, not as it is. */
  readonly pending: boolean;
  readonly refused: string | null;
}

/** A server that has taken a wish and shows nothing of it by then has other reasons. */
export const SHOWN_WITHIN_MS = 5_000;

/** What was asked has come true, or something else has happened to the alarm since. */
export function isSettled(wish: AlarmWish, alarm: Standing | undefined, nowMs: number): boolean {
  if (alarm === undefined || alarm.state !== wish.from || alarm.since !== wish.fromSince) return true;
  return wish.refused === null && wish.taken && nowMs - wish.askedMs > SHOWN_WITHIN_MS;
}

/** An alarm as it is shown; null when it will be normal, and so is off the list. */
export function shown(alarm: Standing, wish: AlarmWish | undefined): ShownAlarm | null {
  const id = idOf(alarm);
  if (wish === undefined || wish.refused !== null)
    return { ...alarm, id, pending: false, refused: wish?.refused ?? null };
  const as = (change: Partial<Standing>): ShownAlarm => ({
    ...alarm,
    ...change,
    id,
    pending: true,
    refused: null,
  });
  switch (wish.operation) {
    case 'acknowledge':
      return alarm.state === 'returned' ? null : as({ state: 'acknowledged' });
    case 'shelve':
      return as({ state: 'shelved', shelvedUntil: wish.askedMs + (wish.minutes ?? 0) * 60_000 });
    case 'unshelve':
      return alarm.active ? as({ state: 'unacknowledged', shelvedUntil: null }) : null;
  }
}
