/** What is drawn behind the lines of a chart: normal and abnormal zones, limits, and where alerts began. */
import type uPlot from 'uplot';
import type { Band } from '../protocol';
import { color } from '../theme.svelte';
import type { Marker } from './markers';
import type { Stretch } from './stretches';

const ZONES = { normal: 'normal-zone', warning: 'warning-zone', alarm: 'alarm-zone' } as const;
const LIMITS = { normal: 'limit', warning: 'limit', alarm: 'alarm-limit' } as const;

export function drawBands(plot: uPlot, bands: readonly Band[], scale: string): void {
  const { ctx, bbox } = plot;
  const bottom = bbox.top + bbox.height;
  const clampY = (value: number): number =>
    Math.min(bottom, Math.max(bbox.top, plot.valToPos(value, scale, true)));
  ctx.save();
  for (const band of bands) {
    const top = clampY(band.to);
    ctx.fillStyle = color(ZONES[band.level]);
    ctx.fillRect(bbox.left, top, bbox.width, clampY(band.from) - top);
  }
  ctx.lineWidth = devicePixelRatio;
  const limits = new Map(bands.flatMap((band) => [band.from, band.to]).map((limit) => [limit, 'normal']));
  for (const { from, to, level } of bands) if (level === 'alarm') limits.set(from, level).set(to, level);
  for (const [limit, level] of limits) {
    const y = plot.valToPos(limit, scale, true);
    // Where a band ends with the scale, the frame is line enough.
    if (y <= bbox.top + 1 || y >= bottom - 1) continue;
    ctx.strokeStyle = color(level === 'alarm' ? LIMITS.alarm : LIMITS.normal);
    ctx.setLineDash(level === 'alarm' ? [] : [4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** A flag at the top, and a line down from it. */
export function drawMarkers(plot: uPlot, markers: readonly Marker[]): void {
  const { ctx, bbox } = plot;
  const size = 7 * devicePixelRatio;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const { timeMs, urgent } of markers) {
    const x = Math.round(plot.valToPos(timeMs, 'x', true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = color(urgent ? 'alarm-limit' : 'warning');
    ctx.fillStyle = color(urgent ? 'alarm-fill' : 'warning-fill');
    // A soon and a later one differ by their dashes as well as by their colour.
    ctx.setLineDash(urgent ? [] : [2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - size * 0.6, bbox.top - size * 0.3);
    ctx.lineTo(x + size * 0.6, bbox.top - size * 0.3);
    ctx.lineTo(x, bbox.top + size * 0.8);
    ctx.fill();
  }
  ctx.restore();
}

/** Every other stretch is shaded, each begins with a line, and has its name at the top where there is room. */
export function drawStretches(plot: uPlot, stretches: readonly Stretch[]): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const right = bbox.left + bbox.width;
  const x = (timeMs: number): number =>
    Math.min(right, Math.max(bbox.left, plot.valToPos(timeMs, 'x', true)));
  ctx.save();
  ctx.font = `${11 * ratio}px ${getComputedStyle(plot.root).fontFamily}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  ctx.lineWidth = ratio;
  ctx.strokeStyle = color('limit');
  ctx.setLineDash([4 * ratio, 4 * ratio]);
  stretches.forEach(({ name, fromMs, toMs, shaded }) => {
    const [from, to] = [x(fromMs), x(toMs)];
    if (to <= from) return;
    if (shaded) {
      ctx.fillStyle = color('track');
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
    }
    if (from > bbox.left) {
      ctx.beginPath();
      ctx.moveTo(from, bbox.top);
      ctx.lineTo(from, bbox.top + bbox.height);
      ctx.stroke();
    }
    const margin = 4 * ratio;
    if (ctx.measureText(name).width + 2 * margin > to - from) return;
    ctx.fillStyle = color('ink-muted');
    ctx.fillText(name, from + margin, bbox.top + ratio);
  });
  ctx.restore();
}
