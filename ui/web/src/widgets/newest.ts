/** The newest rows of a stream: the latest of each machine, or the last ones where there are no machines. */
import type { Cell, Field } from '../protocol';
import type { Series } from '../store/series';
import type { Machine } from '../store/stream';
import { sortKeys } from '../store/streams';

export interface NewestRow {
  readonly key: string;
  readonly timeMs: number;
  readonly cells: readonly Cell[];
}

export function cellOf(series: Series, field: Field, i: number): Cell {
  if (series.isText(field.slot)) return series.text(field.slot, i);
  const value = series.number(field.slot, i);
  if (Number.isNaN(value)) return null;
  return field.type === 'boolean' ? value !== 0 : value;
}

function rowOf(series: Series, key: string, fields: readonly Field[], i: number): NewestRow {
  return { key, timeMs: series.time(i), cells: fields.map((field) => cellOf(series, field, i)) };
}

/** @param most rows of one machine; of several there is one row each, in the order of their names. */
export function newestRows(
  machines: ReadonlyMap<string, Machine>,
  fields: readonly Field[],
  most: number,
): NewestRow[] {
  const filled = sortKeys([...machines.keys()]).flatMap((key) => {
    const series = machines.get(key)?.series;
    return series === undefined || series.length === 0 ? [] : [{ key, series }];
  });
  const [only] = filled;
  if (only === undefined) return [];
  if (filled.length > 1)
    return filled.map(({ key, series }) => rowOf(series, key, fields, series.length - 1));
  const count = Math.min(most, only.series.length);
  return Array.from({ length: count }, (_, i) =>
    rowOf(only.series, only.key, fields, only.series.length - 1 - i),
  );
}
