/** The curve of a window of a series, thinned to the screen. */
import { thin, type Curve, type Points } from '../decimate';
import type { Series } from '../store/series';

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pixels: number;
  readonly gapMs: number;
}

/** One row before and after the window are taken along, so that the line runs to its edges. */
export function curveOf(series: Series, slot: number, window: Window): Curve {
  const first = Math.max(0, series.firstFrom(window.fromMs) - 1);
  const end = Math.min(series.length, series.firstFrom(window.toMs) + 1);
  const points: Points = {
    count: Math.max(0, end - first),
    time: (i) => series.time(first + i),
    value: (i) => series.number(slot, first + i),
  };
  return thin(points, {
    pixels: window.pixels,
    windowMs: window.toMs - window.fromMs,
    gapMs: window.gapMs,
  });
}
