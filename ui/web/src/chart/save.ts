/** Saves what a chart shows; loaded when somebody first does so. */
import { csvFile } from '../csv';
import { formatMoment } from '../format';
import type { Window } from '../time/window';
import { toCsv } from './csv';
import { download, fileName } from './download';
import { picture } from './picture';
import { seenRows } from './seen';
import type { Source } from './source';
import { elapsedText } from './time-axis';

/** @param elapsed whether times are counted from a start */
export function saveCsv(
  title: string,
  sources: readonly Source[],
  { fromMs, toMs }: Window,
  elapsed: boolean,
): void {
  const content = toCsv(seenRows(sources, fromMs, toMs), elapsed);
  download(csvFile(content), fileName(title, elapsed ? Date.now() : toMs, 'csv'));
}

export async function savePng(
  title: string,
  sources: readonly Source[],
  { fromMs, toMs }: Window,
  plot: HTMLCanvasElement,
  elapsed: boolean,
): Promise<void> {
  const lines = sources.map(({ line }) => ({
    ...line,
    name: line.name === '' ? line.field.title : line.name,
  }));
  const words = elapsed ? elapsedText : formatMoment;
  const time = `${words(fromMs)} – ${words(toMs)}`;
  const blob = await picture(plot, { title, time, lines });
  if (blob !== null) download(blob, fileName(title, elapsed ? Date.now() : toMs, 'png'));
}
