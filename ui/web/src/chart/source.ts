/** Where the points of a line come from, and its curves in a window. */
import type uPlot from 'uplot';
import { join } from './align';
import { apart, NO_CURVE, pastCurve, woven } from '../archive/join';
import { ALWAYS } from '../archive/need';
import { pastPoints, type Point } from '../archive/points';
import type { Curve } from '../decimate';
import type { Measured, Past } from '../protocol';
import type { Series } from '../store/series';
import type { Window as Span } from '../time/window';
import { curveOf, type Window } from '../widgets/trend';
import type { Line } from './lines';

export interface Source {
  readonly line: Line;
  /** The live rows. */
  readonly series: Series | null;
  readonly past: Past | null;
  /** Where there are no live rows. */
  readonly gaps: readonly Span[];
  /** The same stretch of the day before, as if it were of today. */
  readonly before: Past | null;
}

/** What is drawn of a source, in the order of the data of a plot. */
export const ROLES = ['mean', 'low', 'high', 'before'] as const;
export type Role = (typeof ROLES)[number];

function curves(source: Source, window: Window): Record<Role, Curve> {
  const { line, series, past, gaps, before } = source;
  const thinning = { ...window, windowMs: window.toMs - window.fromMs };
  const live = series === null ? NO_CURVE : curveOf(series, line.field.slot, window);
  const field = past?.fields[line.field.name] ?? null;
  const parts = (values: Measured | null): Curve[] =>
    past === null ? [] : gaps.map((gap) => pastCurve(past, values, thinning, gap));
  const mean = field === null ? null : parts(field.mean);
  const dayBefore = before?.fields[line.field.name] ?? null;
  return {
    mean: mean === null ? live : woven(live, gaps, mean, Math.max(window.gapMs, (past?.stepMs ?? 0) * 2.5)),
    low: apart(parts(field?.min ?? null)),
    high: apart(parts(field?.max ?? null)),
    before:
      before === null || dayBefore === null ? NO_CURVE : pastCurve(before, dayBefore.mean, thinning, ALWAYS),
  };
}

/** The data of a plot: the times, then for each source its curves in the order of {@link ROLES}. */
export function compose(sources: readonly Source[], window: Window): uPlot.AlignedData {
  return join(
    sources.flatMap((source) => {
      const all = curves(source, window);
      return ROLES.map((role) => all[role]);
    }),
  );
}

/** Every point of a source within a window, none left out. */
export function pointsOf({ line, series, past, gaps }: Source, fromMs: number, toMs: number): Point[] {
  const points = pastPoints(past, line.field.name, gaps, { fromMs, toMs });
  for (let i = series?.firstFrom(fromMs) ?? 0; series !== null && i < series.length; i += 1) {
    const timeMs = series.time(i);
    if (timeMs > toMs) break;
    const value = series.number(line.field.slot, i);
    points.push({ timeMs, mean: Number.isNaN(value) ? null : value, low: null, high: null });
  }
  return points.sort((a, b) => a.timeMs - b.timeMs);
}
