/** What a chart shows, as rows: for the table beside it and for the file that is saved from it. */
import { pointsOf, type Source } from './source';

export interface Column {
  readonly title: string;
  readonly unit: string | null;
  /** The source it is of. */
  readonly source: Source;
}

export interface SeenRow {
  readonly timeMs: number;
  readonly cells: readonly (number | null)[];
}

export interface Seen {
  readonly columns: readonly Column[];
  /** In the order of their time. */
  readonly rows: readonly SeenRow[];
}

/** Lowest and highest values have columns of their own where the archive gives them. */
export function seenRows(sources: readonly Source[], fromMs: number, toMs: number): Seen {
  const columns: Column[] = [];
  const cells = new Map<number, (number | null)[]>();
  const write = (timeMs: number, column: number, value: number | null): void => {
    let row = cells.get(timeMs);
    if (row === undefined) cells.set(timeMs, (row = []));
    row[column] = value;
  };
  for (const source of sources) {
    const points = pointsOf(source, fromMs, toMs);
    const { field, name } = source.line;
    const title = name === '' ? field.title : name;
    const first = columns.length;
    const spread = points.some(({ low, high }) => low !== null || high !== null);
    columns.push({ title, unit: field.unit, source });
    if (spread) {
      columns.push({ title: `${title}, lowest`, unit: field.unit, source });
      columns.push({ title: `${title}, highest`, unit: field.unit, source });
    }
    for (const { timeMs, mean, low, high } of points) {
      write(timeMs, first, mean);
      if (!spread) continue;
      write(timeMs, first + 1, low);
      write(timeMs, first + 2, high);
    }
  }
  const rows = [...cells]
    .sort(([a], [b]) => a - b)
    .map(([timeMs, row]) => ({ timeMs, cells: columns.map((_, i) => row[i] ?? null) }));
  return { columns, rows };
}
