/** uPlot set up for a trend of one or more lines. */
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import { formatMark } from '../format';
import type { Band } from '../protocol';
import { color } from '../theme.svelte';
import { drawBands, drawMarkers, drawStretches } from './background';
import { bind, selected, wheel, type Gestures } from './gestures';
import { unitsOf, type Line } from './lines';
import { declaredRange, shownRange } from './scale';
import type { Marker } from './markers';
import { ROLES, type Role } from './source';
import type { Stretch } from './stretches';
import { elapsedText, markPx, RIGHT_PX, stepsIn, timeMark } from './time-axis';

/** All trends share one crosshair. */
const SYNC_KEY = 'time';
/** Only the crosshair is shared; what one chart selects, all are told by the view of time. */
const SHARED: uPlot.Cursor.Sync = {
  key: SYNC_KEY,
  scales: ['x', null],
  filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave', sub: () => true },
};
const X_AXIS_PX = 18;
const Y_AXIS_PX = 42;
const UNIT_PX = 14;
/** Scales with an axis: one on either side. */
const MOST_AXES = 2;

export interface PlotOptions {
  readonly lines: readonly Line[];
  readonly bands: readonly Band[];
  readonly width: number;
  readonly height: number;
  readonly gestures: Gestures;
  /** Where an alert began, or an alarm was raised. */
  readonly markers?: () => readonly Marker[];
  /** Stretches of time with a name, behind the lines. */
  readonly stretches?: () => readonly Stretch[];
  /** Of the page, so that its charts share a crosshair; of its own; or since a start, in milliseconds. */
  readonly time?: 'page' | 'own' | 'elapsed';
  /** Index into the drawn points under the crosshair, or null when there is no crosshair. */
  readonly onCursor: (index: number | null) => void;
}

function series(line: Line, role: Role): uPlot.Series {
  const base = { scale: line.scale, points: { show: false }, pxAlign: 0 };
  if (role === 'low' || role === 'high') return { ...base, stroke: 'transparent', width: 0 };
  if (role === 'before') return { ...base, stroke: color(`${line.token}-before`), width: 1.5, dash: [3, 4] };
  return { ...base, stroke: color(line.token), width: 1.5, dash: [...line.dash] };
}

/** The light band between lowest and highest, round the line of the means. */
function spreads(lines: readonly Line[]): uPlot.Band[] {
  return lines.map((line, i) => {
    const first = 1 + i * ROLES.length;
    return {
      series: [first + ROLES.indexOf('high'), first + ROLES.indexOf('low')],
      fill: color(`${line.token}-spread`),
    };
  });
}

function valueAxes(lines: readonly Line[], axis: uPlot.Axis): uPlot.Axis[] {
  const units = unitsOf(lines).slice(0, MOST_AXES);
  return units.map((unit, i) => {
    const sharing = lines.filter((line) => line.field.unit === unit);
    const [only] = sharing;
    const ink =
      units.length > 1 && sharing.length === 1 && only !== undefined ? color(only.token) : axis.stroke;
    return {
      ...axis,
      ...(ink === undefined ? {} : { stroke: ink }),
      scale: `y${i + 1}`,
      side: i === 0 ? 3 : 1,
      size: Y_AXIS_PX,
      gap: 4,
      space: 26,
      ...(i === 0 ? {} : { grid: { show: false } }),
      ...(units.length > 1
        ? { label: unit ?? sharing[0]?.field.title ?? '', labelSize: UNIT_PX, labelGap: 0 }
        : {}),
      values: (_plot: uPlot, values: number[], _axis: number, _space: number, step: number) =>
        values.map((value) => formatMark(value, step)),
    };
  });
}

export function createPlot(target: HTMLElement, options: PlotOptions): uPlot {
  const { lines, gestures, time = 'page' } = options;
  const font = `11px ${getComputedStyle(target).fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: color('ink-muted'),
    grid: { stroke: color('grid'), width: 1 },
    font,
    labelFont: `600 ${font}`,
    ticks: { show: false },
    border: { show: false },
  };
  const units = unitsOf(lines);
  const scales = units.map((unit, i): [string, uPlot.Scale] => {
    const declared = declaredRange(
      lines.filter(({ field }) => field.unit === unit).map(({ field }) => field),
    );
    return [`y${i + 1}`, { range: (_plot, low, high) => [...shownRange(declared, low, high)] }];
  });
  const plot = new uPlot(
    {
      width: options.width,
      height: options.height,
      ms: 1,
      legend: { show: false },
      padding: [8, units.length > 1 ? 0 : RIGHT_PX, 0, 0],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        bind: bind(gestures),
        ...(time === 'page' ? { sync: SHARED } : {}),
        points: { size: 6 },
      },
      scales: { x: { time: time !== 'elapsed', auto: false }, ...Object.fromEntries(scales) },
      axes: [
        {
          ...axis,
          size: X_AXIS_PX,
          gap: 3,
          space: (_plot, _axis, fromMs, toMs) => markPx(stepsIn(toMs - fromMs)) * 1.4,
          incrs: (_plot, _axis, fromMs, toMs) => stepsIn(toMs - fromMs),
          values: (plot, times, _axis, _space, stepMs) =>
            times.map((at) => (time === 'elapsed' ? elapsedText(at) : timeMark(plot, at, stepMs))),
        },
        ...valueAxes(lines, axis),
      ],
      series: [{}, ...lines.flatMap((line) => ROLES.map((role) => series(line, role)))],
      // With more lines the bands would hide each other.
      bands: lines.length <= 2 ? spreads(lines) : [],
      hooks: {
        drawClear: [
          (plot) => drawBands(plot, options.bands, 'y1'),
          (plot) => drawStretches(plot, options.stretches?.() ?? []),
        ],
        draw: [(plot) => drawMarkers(plot, options.markers?.() ?? [])],
        setSelect: [
          (plot) => {
            const window = selected(plot);
            if (plot.select.width > 0) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            if (window !== null) gestures.show(window);
          },
        ],
        setCursor: [
          (plot) => {
            const { idx, left } = plot.cursor;
            options.onCursor(left === undefined || left < 0 ? null : (idx ?? null));
          },
        ],
      },
    },
    [[], ...lines.flatMap(() => ROLES.map(() => []))],
    target,
  );
  plot.over.addEventListener('wheel', (event) => wheel(plot, event, gestures), { passive: false });
  return plot;
}
