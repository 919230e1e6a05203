/** The drawing of a state timeline: one lane a state, the state's stretches as bars, time below. */
import { formatDuration, formatTime } from '../format';
import { color } from '../theme.svelte';
import type { Run } from './runs';

export const TIME_AXIS_PX = 16;
const MARK_EVERY_PX = 64;
const STEPS_MS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400].map(
  (s) => s * 1000,
);

export interface Picture {
  readonly runs: readonly Run[];
  /** States from top to bottom. */
  readonly lanes: readonly string[];
  readonly normal: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

function hatching(ctx: CanvasRenderingContext2D, fill: string, stroke: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const pen = tile.getContext('2d');
  if (pen === null) return fill;
  pen.fillStyle = fill;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = stroke;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const offset of [-8, 0, 8]) {
    pen.moveTo(offset, 8);
    pen.lineTo(offset + 8, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, 'repeat') ?? fill;
}

export function drawLanes(canvas: HTMLCanvasElement, width: number, height: number, picture: Picture): void {
  const ctx = canvas.getContext('2d');
  if (ctx === null) return;
  const ratio = devicePixelRatio;
  const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
    canvas.width = pixelWidth;
    canvas.height = pixelHeight;
  }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);

  const { runs, lanes, normal, fromMs, toMs } = picture;
  const spanMs = toMs - fromMs;
  const bottom = height - TIME_AXIS_PX;
  const laneHeight = bottom / Math.max(1, lanes.length);
  const x = (timeMs: number): number => Math.min(width, Math.max(0, ((timeMs - fromMs) / spanMs) * width));
  const middle = (state: string): number => (lanes.indexOf(state) + 0.5) * laneHeight;
  const font = `11px ${getComputedStyle(canvas).fontFamily}`;

  // Lanes and time marks.
  ctx.strokeStyle = color('grid');
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const lane of lanes) {
    ctx.moveTo(0, Math.round(middle(lane)) + 0.5);
    ctx.lineTo(width, Math.round(middle(lane)) + 0.5);
  }
  const step = STEPS_MS.find((candidate) => (candidate / spanMs) * width >= MARK_EVERY_PX) ?? spanMs;
  const marks: number[] = [];
  for (let mark = Math.ceil(fromMs / step) * step; mark <= toMs; mark += step) marks.push(mark);
  for (const mark of marks) {
    ctx.moveTo(Math.round(x(mark)) + 0.5, 0);
    ctx.lineTo(Math.round(x(mark)) + 0.5, bottom);
  }
  ctx.stroke();
  ctx.fillStyle = color('ink-muted');
  ctx.font = font;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'bottom';
  for (const mark of marks) {
    if (x(mark) < 16 || x(mark) > width - 16) continue;
    const shown = formatTime(mark);
    ctx.fillText(step < 60_000 ? shown : shown.slice(0, 5), x(mark), height - 1);
  }

  // Steps between lanes, then the bars over them.
  ctx.strokeStyle = color('limit');
  ctx.beginPath();
  runs.forEach((run, i) => {
    const before = runs[i - 1];
    if (before === undefined || before.toMs !== run.fromMs || run.fromMs < fromMs) return;
    ctx.moveTo(x(run.fromMs), middle(before.state));
    ctx.lineTo(x(run.fromMs), middle(run.state));
  });
  ctx.stroke();
  const barHeight = Math.max(4, Math.min(14, laneHeight - 4));
  const plain = color('neutral-fill');
  const onAlarm = color('on-alarm');
  let abnormal: CanvasPattern | string | undefined;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const run of runs) {
    const left = x(run.fromMs);
    const length = Math.max(1.5, x(run.toMs) - left);
    const top = middle(run.state) - barHeight / 2;
    const isNormal = normal === null || run.state === normal;
    abnormal ??= isNormal ? undefined : hatching(ctx, color('alarm-fill'), color('alarm-wash'));
    ctx.fillStyle = isNormal ? plain : (abnormal ?? plain);
    if (isNormal) ctx.fillRect(left, top + barHeight / 4, length, barHeight / 2);
    else ctx.fillRect(left, top, length, barHeight);
    if (isNormal || length < 48 || barHeight < 11) continue;
    const words = formatDuration(run.toMs - run.fromMs);
    const plate = ctx.measureText(words).width + 8;
    if (plate > length) continue;
    ctx.fillStyle = color('alarm-fill');
    ctx.fillRect(left + (length - plate) / 2, top, plate, barHeight);
    ctx.fillStyle = onAlarm;
    ctx.fillText(words, left + length / 2, top + barHeight / 2 + 0.5);
  }
}
