/** What of a window the page does not hold itself, and whether an answer of the server covers it. */
import type { Past } from '../protocol';
import { shifted, spanOf, type Window } from '../time/window';

/** A window that is asked for reaches further, so that a small move needs no new question. */
const MARGIN = 0.25;
/** A missing rim so thin cannot be seen. */
const RIM = 0.01;

/** @param firstLiveMs time of the oldest row that is held; NaN when there is none. */
export function missing(window: Window, firstLiveMs: number): Window | null {
  if (Number.isNaN(firstLiveMs)) return window;
  const rimMs = spanOf(window) * RIM;
  if (firstLiveMs <= window.fromMs + rimMs) return null;
  return { fromMs: window.fromMs, toMs: Math.min(window.toMs, firstLiveMs) };
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
