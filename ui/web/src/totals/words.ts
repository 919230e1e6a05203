/** Totals in words. */
import { csvOf, type CsvCell } from '../csv';
import { formatDay, formatNumber, formatTime, MISSING, withUnit } from '../format';
import type { Bucket, Field, TotalsBy } from '../protocol';
import { barsOf, changeOf, STRETCHES, type Compared } from './pairs';

const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short' });
const clock = (timeMs: number): string => formatTime(timeMs).slice(0, 5);

/** What a bucket is of: "14:00–15:00, 27 Nov", "Fri 27 Nov", "Early, 27 Nov". */
export function bucketName({ fromMs, toMs, name }: Bucket, by: TotalsBy): string {
  if (by === 'day') return `${weekday.format(fromMs)} ${formatDay(fromMs)}`;
  if (by === 'shift') return `${name ?? clock(fromMs)}, ${formatDay(fromMs)}`;
  return `${clock(fromMs)}–${clock(toMs)}, ${formatDay(fromMs)}`;
}

/** What stands below its bar; empty where there is no room for one below each. */
export function markOf({ fromMs }: Bucket, by: TotalsBy, i: number): string {
  const hour = new Date(fromMs).getHours();
  if (by === 'hour') return hour % 3 === 0 ? clock(fromMs) : '';
  if (by === 'day') return i % 5 === 2 ? formatDay(fromMs) : '';
  // The first shift of a day.
  return hour < 8 ? formatDay(fromMs) : '';
}

export function amountText(amount: number | null, unit: string | null): string {
  return withUnit(formatNumber(amount, null), unit);
}

export function costText(cost: number, currency: string | null): string {
  return withUnit(cost.toFixed(2), currency);
}

/** "+3 %"; null when there is nothing to compare. */
export function changeText(sum: number | null, before: number | null): string | null {
  const change = changeOf(sum, before);
  if (change === null) return null;
  const rounded = Math.round(change);
  return rounded === 0 ? '±0 %' : `${rounded < 0 ? '−' : '+'}${Math.abs(rounded)} %`;
}

export interface TotalsTable {
  readonly head: readonly string[];
  readonly rows: readonly { readonly bucket: Bucket; readonly cells: readonly (number | null)[] }[];
}

/** All fields with what was before, a row for each bucket, in the order of their time. */
export function tableOf(compared: Compared, fields: readonly Field[]): TotalsTable {
  const { now } = compared;
  const columns = fields.map((field) => barsOf(compared, field.name));
  const head = fields.flatMap(({ name, title }) => {
    const unit = now.fields[name]?.unit ?? null;
    const named = unit === null ? title : `${title} [${unit}]`;
    return [named, `${named}, ${STRETCHES[now.by].before}`];
  });
  const rows = now.buckets.map((bucket, i) => ({
    bucket,
    cells: columns.flatMap((bars) => [bars[i]?.amount ?? null, bars[i]?.before ?? null]),
  }));
  return { head, rows };
}

export function toCsv(compared: Compared, fields: readonly Field[]): string {
  const { head, rows } = tableOf(compared, fields);
  return csvOf(
    ['from', 'to', 'name', 'whole', ...head],
    rows.map(({ bucket, cells }): CsvCell[] => [
      new Date(bucket.fromMs).toISOString(),
      new Date(bucket.toMs).toISOString(),
      bucket.name,
      bucket.whole ? 'yes' : 'no',
      ...cells,
    ]),
  );
}

export function cellText(cell: number | null): string {
  return cell === null ? MISSING : formatNumber(cell, null);
}
