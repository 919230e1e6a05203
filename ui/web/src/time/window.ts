/** Windows of time: how they are zoomed and moved. Times are milliseconds since 1970. */

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the charts of the page are to show: each its own span, one span for all, or a fixed stretch. */
export type Choice =
  | { readonly kind: 'own' }
  | { readonly kind: 'live'; readonly spanMs: number }
  | { readonly kind: 'fixed'; readonly window: Window };

export const OWN: Choice = { kind: 'own' };
const SECOND_MS = 1000;
/** Closer than this there is nothing to see. */
const LEAST_SPAN_MS = SECOND_MS;
const MOST_SPAN_MS = 366 * 86_400 * SECOND_MS;

export function spanOf({ fromMs, toMs }: Window): number {
  return toMs - fromMs;
}

function clampSpan(spanMs: number): number {
  return Math.min(MOST_SPAN_MS, Math.max(LEAST_SPAN_MS, spanMs));
}

/** Marks of whole seconds need windows of whole milliseconds. */
function whole({ fromMs, toMs }: Window): Window {
  return { fromMs: Math.round(fromMs), toMs: Math.round(toMs) };
}

/** A window between two times in any order; it is never shorter than can be seen. */
export function between(aMs: number, bMs: number): Window {
  const middle = (aMs + bMs) / 2;
  const half = clampSpan(Math.abs(aMs - bMs)) / 2;
  return whole({ fromMs: middle - half, toMs: middle + half });
}

/** @param factor below 1 comes closer. @param at what stays in its place: 0 is the left end, 1 the right. */
export function zoomed(window: Window, factor: number, at = 0.5): Window {
  const span = clampSpan(spanOf(window) * factor);
  const still = window.fromMs + spanOf(window) * at;
  return whole({ fromMs: still - span * at, toMs: still + span * (1 - at) });
}

/** Moved by a time, but not into the future. */
export function moved(window: Window, byMs: number, nowMs: number): Window {
  const by = Math.min(byMs, Math.max(0, nowMs - window.toMs));
  return whole({ fromMs: window.fromMs + by, toMs: window.toMs + by });
}

export function shifted(window: Window, byMs: number): Window {
  return { fromMs: window.fromMs + byMs, toMs: window.toMs + byMs };
}
