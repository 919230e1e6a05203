/** The rows of a file as a table. */
import type { FileColumn, FileRows } from '../protocol';

export interface TableRow {
  readonly timeMs: number;
  readonly cells: readonly (number | string | null)[];
}

/** The columns that the server gave values of, in the order of the file. */
export function columnsIn({ columns, values, texts }: FileRows): readonly FileColumn[] {
  return columns.filter(({ name }) => name in values || name in texts);
}

/** Newest first. */
export function tableRows(rows: FileRows): TableRow[] {
  const columns = columnsIn(rows).map(({ name }) => rows.values[name] ?? rows.texts[name] ?? []);
  return rows.times
    .map((timeMs, i) => ({ timeMs, cells: columns.map((column) => column[i] ?? null) }))
    .reverse();
}

/** Those with a text that has all words of the search, in any order. */
export function found(rows: readonly TableRow[], search: string): readonly TableRow[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return rows;
  return rows.filter(({ cells }) => {
    const text = cells
      .filter((cell) => typeof cell === 'string')
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
