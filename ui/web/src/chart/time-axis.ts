/** The marks of an axis of time, from seconds to months. */
import type uPlot from 'uplot';
import { formatDay, formatTime } from '../format';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 86_400 * SECOND_MS;
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 21_600, 43_200],
  ...[1, 2, 4, 7, 14, 28].map((days) => days * 86_400),
].map((seconds) => seconds * SECOND_MS);

export const RIGHT_PX = 8;

/** In a window of some minutes, marks of whole minutes do: they are shorter. */
export function stepsIn(windowMs: number): number[] {
  return windowMs < 4 * MINUTE_MS ? STEPS_MS : STEPS_MS.filter((step) => step >= MINUTE_MS);
}

/** Room for the widest mark that these steps can bring: "14:02:10", "14:02" or "28 Feb". */
export function markPx([smallest = 0]: readonly number[]): number {
  return smallest < MINUTE_MS ? 46 : 36;
}

/** The time at a mark; none where it would run into the other axis or out of the picture. */
export function timeMark(plot: uPlot, timeMs: number, stepMs: number): string {
  const x = plot.valToPos(timeMs, 'x');
  const half = markPx([stepMs]) / 2;
  if (x < half - 6 || x > plot.bbox.width / devicePixelRatio + RIGHT_PX - half + 2) return '';
  if (stepMs >= DAY_MS || isMidnight(timeMs)) return formatDay(timeMs);
  const shown = formatTime(timeMs);
  return stepMs < MINUTE_MS ? shown : shown.slice(0, 5);
}

function isMidnight(timeMs: number): boolean {
  const time = new Date(timeMs);
  return time.getHours() === 0 && time.getMinutes() === 0 && time.getSeconds() === 0;
}

/** A time since a start: "0:20", "1:05:00". */
export function elapsedText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / SECOND_MS);
  const two = (of: number): string => String(of).padStart(2, '0');
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${ms < 0 ? '-' : ''}${h > 0 ? `${h}:${two(min)}` : min}:${two(s)}`;
}
