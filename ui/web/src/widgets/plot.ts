/** uPlot set up for a live trend. */
import uPlot from 'uplot';
import { formatMark, formatTime } from '../format';
import type { Band, Field, Range } from '../protocol';
import { color } from '../theme.svelte';

/** All trends share one crosshair. */
const SYNC_KEY = 'time';
const X_AXIS_PX = 18;
const Y_AXIS_PX = 42;
const RIGHT_PX = 8;
const SECOND_MS = 1000;
const TIME_STEPS_MS = [5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400].map(
  (seconds) => seconds * SECOND_MS,
);

/** Curves differ by their dashes as well as by their colour. */
export const STROKES = [
  { token: 'data', dash: [] },
  { token: 'data-2', dash: [6, 3] },
  { token: 'data-3', dash: [2, 2] },
  { token: 'data-4', dash: [8, 3, 2, 3] },
] as const;

export function strokeOf(i: number): (typeof STROKES)[number] {
  return STROKES[i % STROKES.length] ?? STROKES[0];
}

/** The declared range, widened where the data goes beyond it. */
export function shownRange(declared: Range | null, low: number | null, high: number | null): Range {
  if (declared === null) {
    const [min, max] = uPlot.rangeNum(low ?? 0, high ?? 1, 0.15, true);
    return [min ?? 0, max ?? 1];
  }
  const margin = (declared[1] - declared[0]) * 0.05;
  return [
    low !== null && low < declared[0] ? low - margin : declared[0],
    high !== null && high > declared[1] ? high + margin : declared[1],
  ];
}

/** In a window of some minutes, marks of whole minutes do: they are shorter. */
function stepsIn(windowMs: number): number[] {
  return windowMs < 240 * SECOND_MS ? TIME_STEPS_MS : TIME_STEPS_MS.filter((step) => step >= 60 * SECOND_MS);
}

/** Room for the widest mark that these steps can bring: "14:02:10" or "14:02". */
function markPx([smallest = 0]: readonly number[]): number {
  return smallest < 60 * SECOND_MS ? 46 : 32;
}

/** The time at a mark; none where it would run into the other axis or out of the picture. */
function timeMark(plot: uPlot, timeMs: number, stepMs: number): string {
  const x = plot.valToPos(timeMs, 'x');
  const half = markPx([stepMs]) / 2;
  if (x < half - 4 || x > plot.bbox.width / devicePixelRatio + RIGHT_PX - half) return '';
  const shown = formatTime(timeMs);
  return stepMs < 60 * SECOND_MS ? shown : shown.slice(0, 5);
}

function drawBands(plot: uPlot, bands: readonly Band[]): void {
  const { ctx, bbox } = plot;
  const clampY = (value: number): number =>
    Math.min(bbox.top + bbox.height, Math.max(bbox.top, plot.valToPos(value, 'y', true)));
  ctx.save();
  ctx.fillStyle = color('normal-zone');
  for (const band of bands) {
    if (band.level !== 'normal') continue;
    const top = clampY(band.to);
    ctx.fillRect(bbox.left, top, bbox.width, clampY(band.from) - top);
  }
  ctx.strokeStyle = color('limit');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const limit of new Set(bands.flatMap((band) => [band.from, band.to]))) {
    const y = plot.valToPos(limit, 'y', true);
    // Where a band ends with the scale, the frame is line enough.
    if (y <= bbox.top + 1 || y >= bbox.top + bbox.height - 1) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

export interface PlotOptions {
  readonly fields: readonly Field[];
  readonly bands: readonly Band[];
  readonly width: number;
  readonly height: number;
  /** Index into the drawn points under the crosshair, or null when there is no crosshair. */
  readonly onCursor: (index: number | null) => void;
}

function declaredRange(fields: readonly Field[]): Range | null {
  const ranges = fields.flatMap(({ range }) => (range === null ? [] : [range]));
  if (ranges.length === 0) return null;
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))];
}

export function createPlot(target: HTMLElement, options: PlotOptions): uPlot {
  const ink = color('ink-muted');
  const grid = { stroke: color('grid'), width: 1 };
  const font = `11px ${getComputedStyle(target).fontFamily}`;
  const declared = declaredRange(options.fields);
  const axis = { stroke: ink, grid, font, ticks: { show: false }, border: { show: false } };
  return new uPlot(
    {
      width: options.width,
      height: options.height,
      ms: 1,
      legend: { show: false },
      padding: [8, RIGHT_PX, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        sync: { key: SYNC_KEY, scales: ['x', null] },
        points: { size: 6 },
      },
      scales: {
        x: { time: true, auto: false },
        y: { range: (_, low, high) => [...shownRange(declared, low, high)] },
      },
      axes: [
        {
          ...axis,
          size: X_AXIS_PX,
          gap: 3,
          space: (_plot, _axis, fromMs, toMs) => markPx(stepsIn(toMs - fromMs)) * 1.4,
          incrs: (_plot, _axis, fromMs, toMs) => stepsIn(toMs - fromMs),
          values: (plot, times, _axis, _space, stepMs) => times.map((time) => timeMark(plot, time, stepMs)),
        },
        {
          ...axis,
          size: Y_AXIS_PX,
          gap: 4,
          space: 26,
          values: (_plot, values, _axis, _space, step) => values.map((value) => formatMark(value, step)),
        },
      ],
      series: [
        {},
        ...options.fields.map((_, i): uPlot.Series => {
          const { token, dash } = strokeOf(i);
          return {
            stroke: color(token),
            width: 1.5,
            dash: [...dash],
            points: { show: false },
            pxAlign: 0,
          };
        }),
      ],
      hooks: {
        drawClear: [(plot) => drawBands(plot, options.bands)],
        setCursor: [
          (plot) => {
            const { idx, left } = plot.cursor;
            options.onCursor(left === undefined || left < 0 ? null : (idx ?? null));
          },
        ],
      },
    },
    [[], ...options.fields.map(() => [])],
    target,
  );
}
