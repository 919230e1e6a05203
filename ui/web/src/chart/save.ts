/** Saves what a chart shows; loaded when somebody first does so. */
import { csvFile } from '../csv';
import { formatMoment } from '../format';
import type { Window } from '../time/window';
import { toCsv } from './csv';
import { download, fileName } from './download';
import { picture } from './picture';
import { seenRows } from './seen';
import type { Source } from './source';

export function saveCsv(title: string, sources: readonly Source[], { fromMs, toMs }: Window): void {
  download(csvFile(toCsv(seenRows(sources, fromMs, toMs))), fileName(title, toMs, 'csv'));
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
