/** The stretches of time to pick from, and a stretch between two local times. */
import { between, type Window } from './window';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface Pick {
  readonly name: string;
  readonly spanMs: number;
}

export const PICKS: readonly Pick[] = [
  { name: '5 min', spanMs: 5 * MINUTE_MS },
  { name: '15 min', spanMs: 15 * MINUTE_MS },
  { name: '1 h', spanMs: HOUR_MS },
  { name: '8 h', spanMs: 8 * HOUR_MS },
  { name: '24 h', spanMs: DAY_MS },
  { name: '7 days', spanMs: 7 * DAY_MS },
  { name: '30 days', spanMs: 30 * DAY_MS },
];

/** Without a past there is nothing to show beyond what the page holds. @param heldMs length of that. */
export function picksWithin(heldMs: number): readonly Pick[] {
  return PICKS.filter(({ spanMs }, i) => i === 0 || spanMs <= heldMs * 1.1);
}

/** A time as `datetime-local` has it: local, to the minute. */
export function toInput(timeMs: number): string {
  const local = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * MINUTE_MS);
  return local.toISOString().slice(0, 16);
}

/** The stretch between two inputs, or why there is none. */
export function stretch(from: string, to: string): Window | string {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return 'Enter both times.';
  if (fromMs >= toMs) return 'The first time must be before the second.';
  return between(fromMs, toMs);
}
