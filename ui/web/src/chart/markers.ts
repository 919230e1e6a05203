/** The moments at which an alert begins. */
import type { Series } from '../store/series';

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
