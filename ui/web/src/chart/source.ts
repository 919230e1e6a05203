/** Where the points of a line come from, and its curves in a window. */
import type uPlot from 'uplot';
import { join } from './align';
import { beforeLive, firstAt, joined, NO_CURVE, pastCurve } from '../archive/join';
import type { Curve } from '../decimate';
import type { Measured, Past } from '../protocol';
import type { Series } from '../store/series';
import { curveOf, type Window } from '../widgets/trend';
import type { Line } from './lines';

export interface Source {
  readonly line: Line;
  /** The live rows. */
  readonly series: Series | null;
  readonly past: Past | null;
  /** The same stretch of the day before, as if it were of today. */
  readonly before: Past | null;
}

/** What is drawn of a source, in the order of the data of a plot. */
export const ROLES = ['mean', 'low', 'high', 'before'] as const;
export type Role = (typeof ROLES)[number];

export function firstLiveOf({ series }: Source): number {
  return series === null ? Number.NaN : series.time(0);
}

function curves(source: Source, window: Window): Record<Role, Curve> {
  const { line, series, past, before } = source;
  const thinning = { ...window, windowMs: window.toMs - window.fromMs };
  const firstLiveMs = firstLiveOf(source);
  const live = series === null ? NO_CURVE : curveOf(series, line.field.slot, window);
  const field = past?.fields[line.field.name] ?? null;
  const ofPast = (values: Measured | null): Curve =>
    past === null ? NO_CURVE : pastCurve(past, values, thinning, firstLiveMs);
  const dayBefore = before?.fields[line.field.name] ?? null;
  return {
    mean: joined(ofPast(field?.mean ?? null), live, Math.max(window.gapMs, (past?.stepMs ?? 0) * 2.5)),
    low: ofPast(field?.min ?? null),
    high: ofPast(field?.max ?? null),
    before:
      before === null || dayBefore === null
        ? NO_CURVE
        : pastCurve(before, dayBefore.mean, thinning, Number.NaN),
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

export interface Point {
  readonly timeMs: number;
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Every point of a source within a window, none left out. */
export function pointsOf(source: Source, fromMs: number, toMs: number): Point[] {
  const { line, series, past } = source;
  const points: Point[] = [];
  const field = past?.fields[line.field.name];
  if (past !== null && field !== undefined) {
    const end = Math.min(beforeLive(past, firstLiveOf(source)), firstAt(past.times, toMs + 1));
    for (let i = firstAt(past.times, fromMs); i < end; i += 1) {
      points.push({
        timeMs: past.times[i] ?? Number.NaN,
        mean: field.mean[i] ?? null,
        low: field.min?.[i] ?? null,
        high: field.max?.[i] ?? null,
      });
    }
  }
  for (let i = series?.firstFrom(fromMs) ?? 0; series !== null && i < series.length; i += 1) {
    const timeMs = series.time(i);
    if (timeMs > toMs) break;
    const value = series.number(line.field.slot, i);
    points.push({ timeMs, mean: Number.isNaN(value) ? null : value, low: null, high: null });
  }
  return points;
}
