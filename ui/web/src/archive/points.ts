/** The points of the past, one by one. */
import type { Past } from '../protocol';
import type { Window } from '../time/window';
import { firstAt, within } from './join';

export interface Point {
  readonly timeMs: number;
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** What the archive has of a field in the gaps of a window. */
export function pastPoints(
  past: Past | null,
  name: string,
  gaps: readonly Window[],
  { fromMs, toMs }: Window,
): Point[] {
  const field = past?.fields[name];
  if (past === null || field === undefined) return [];
  return gaps.flatMap((gap) => {
    const [begin, stop] = within(past.times, gap);
    const [first, end] = [
      Math.max(begin, firstAt(past.times, fromMs)),
      Math.min(stop, firstAt(past.times, toMs + 1)),
    ];
    return past.times.slice(first, Math.max(first, end)).map((timeMs, i) => ({
      timeMs,
      mean: field.mean[first + i] ?? null,
      low: field.min?.[first + i] ?? null,
      high: field.max?.[first + i] ?? null,
    }));
  });
}
