/** Saves what a chart shows; loaded when somebody first does so. */
import { formatMoment } from '../format';
import type { Window } from '../time/window';
import { toCsv } from './csv';
import { download, fileName } from './download';
import { picture } from './picture';
import { seenRows } from './seen';
import type { Source } from './source';

export function saveCsv(title: string, sources: readonly Source[], { fromMs, toMs }: Window): void {
  // Spreadsheets take a file for UTF-8 when it begins with this mark.
  const text = `\uFEFF${toCsv(seenRows(sources, fromMs, toMs))}`;
  download(new Blob([text], { type: 'text/csv;charset=utf-8' }), fileName(title, toMs, 'csv'));
}

export async function savePng(
  title: string,
  sources: readonly Source[],
  { fromMs, toMs }: Window,
  plot: HTMLCanvasElement,
): Promise<void> {
  const lines = sources.map(({ line }) => ({
    ...line,
    name: line.name === '' ? line.field.title : line.name,
  }));
  const time = `${formatMoment(fromMs)} – ${formatMoment(toMs)}`;
  const blob = await picture(plot, { title, time, lines });
  if (blob !== null) download(blob, fileName(title, toMs, 'png'));
}
