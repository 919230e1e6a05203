/** Questions about the past of a state. */
import type { Series } from '../store/series';

function sameState(series: Series, slot: number, a: number, b: number): boolean {
  if (series.isText(slot)) return series.text(slot, a) === series.text(slot, b);
  return Object.is(series.number(slot, a), series.number(slot, b));
}

/** Event time from which on the newest value of a slot has stood; NaN when there is none or no change is held. */
export function unchangedSince(series: Series, slot: number): number {
  const newest = series.length - 1;
  for (let i = newest - 1; i >= 0; i -= 1) {
    if (!sameState(series, slot, i, newest)) return series.time(i + 1);
  }
  return series.time(0);
}

/** Event time of the newest row whose alert slot is true; NaN when none is held. */
export function lastAbnormal(series: Series, alertSlot: number): number {
  for (let i = series.length - 1; i >= 0; i -= 1) {
    if (series.number(alertSlot, i) === 1) return series.time(i);
  }
  return Number.NaN;
}
