/** A chart as a picture with its title, the moment and its lines named: a PNG that explains itself. */
import { color } from '../theme.svelte';

const MARGIN = 12;
const TITLE_PX = 38;
const LEGEND_PX = 18;
const KEY_PX = 22;

export interface Caption {
  readonly title: string;
  readonly time: string;
  readonly lines: readonly {
    readonly name: string;
    readonly token: string;
    readonly dash: readonly number[];
  }[];
}

export function picture(plot: HTMLCanvasElement, caption: Caption): Promise<Blob | null> {
  const ratio = devicePixelRatio;
  const width = plot.width / ratio + 2 * MARGIN;
  const legend = caption.lines.length > 1 ? LEGEND_PX : 0;
  const canvas = document.createElement('canvas');
  canvas.width = width * ratio;
  canvas.height = plot.height + (2 * MARGIN + TITLE_PX + legend) * ratio;
  const ctx = canvas.getContext('2d');
  if (ctx === null) return Promise.resolve(null);
  const family = getComputedStyle(document.body).fontFamily;
  ctx.scale(ratio, ratio);
  ctx.fillStyle = color('well');
  ctx.fillRect(0, 0, width, canvas.height / ratio);
  ctx.textBaseline = 'top';
  ctx.fillStyle = color('ink');
  ctx.font = `600 14px ${family}`;
  ctx.fillText(caption.title, MARGIN, MARGIN, width - 2 * MARGIN);
  ctx.font = `12px ${family}`;
  ctx.fillStyle = color('ink-muted');
  ctx.fillText(caption.time, MARGIN, MARGIN + 18, width - 2 * MARGIN);
  let x = MARGIN;
  for (const line of legend > 0 ? caption.lines : []) {
    const y = MARGIN + TITLE_PX;
    ctx.strokeStyle = color(line.token);
    ctx.lineWidth = 2;
    ctx.setLineDash([...line.dash]);
    ctx.beginPath();
    ctx.moveTo(x, y + 7);
    ctx.lineTo(x + KEY_PX, y + 7);
    ctx.stroke();
    ctx.fillText(line.name, x + KEY_PX + 4, y);
    x += KEY_PX + 4 + ctx.measureText(line.name).width + MARGIN;
  }
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.drawImage(plot, MARGIN * ratio, (MARGIN + TITLE_PX + legend) * ratio);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
