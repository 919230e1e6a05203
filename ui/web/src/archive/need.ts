/** What of a window the page does not hold itself, and whether an answer of the server covers it. */
import type { Past } from '../protocol';
import { shifted, spanOf, type Window } from '../time/window';

/** A window that is asked for reaches further, so that a small move needs no new question. */
const MARGIN = 0.25;
/** A missing rim so thin cannot be seen. */
const RIM = 0.01;

/** What is asked for of which live rows tell only a part. */
export interface Rows {
  readonly length: number;
  time(i: number): number;
  firstFrom(timeMs: number): number;
}

/** All of time. */
export const ALWAYS: Window = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };

/**
 * The stretches between which live rows lie: before the first one, and the holes that a lost connection left. Each
 * reaches from row to row.
 * @param silenceMs rows further apart than this leave a hole
 */
export function gapsOf(rows: Rows | null, window: Window, silenceMs: number): Window[] {
  if (rows === null || rows.length === 0) return [ALWAYS];
  const rimMs = spanOf(window) * RIM;
  const gaps: Window[] = [];
  const firstMs = rows.time(0);
  if (firstMs > window.fromMs + rimMs) gaps.push({ fromMs: ALWAYS.fromMs, toMs: firstMs });
  const least = Math.max(silenceMs, rimMs);
  let before = Number.NaN;
  for (let i = Math.max(0, rows.firstFrom(window.fromMs) - 1); i < rows.length; i += 1) {
    const time = rows.time(i);
    if (time - before > least) gaps.push({ fromMs: before, toMs: time });
    if (time > window.toMs) break;
    before = time;
  }
  return gaps;
}

/** The part of a window that has all its gaps; null when there is none. */
export function missing(window: Window, gaps: readonly Window[]): Window | null {
  const inside = gaps.filter(({ fromMs, toMs }) => fromMs < window.toMs && toMs > window.fromMs);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined) return null;
  return { fromMs: Math.max(window.fromMs, first.fromMs), toMs: Math.min(window.toMs, last.toMs) };
}

/** @param spanMs of the whole window of which `need` is a part. */
export function widened(need: Window, spanMs: number): Window {
  return {
    fromMs: Math.floor(need.fromMs - spanMs * MARGIN),
    toMs: Math.ceil(need.toMs + spanMs * MARGIN),
  };
}

export function covers(held: Window, need: Window): boolean {
  const rimMs = spanOf(need) * RIM;
  return held.fromMs <= need.fromMs + rimMs && held.toMs >= need.toMs - rimMs;
}

export const DAY_MS = 86_400_000;

/** An answer of a day before, as if it were of today. */
export function ofToday(past: Past): Past {
  const window = shifted(past, DAY_MS);
  return { ...past, ...window, times: past.times.map((time) => time + DAY_MS) };
}
