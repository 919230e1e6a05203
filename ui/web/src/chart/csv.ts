/** What a chart shows as a CSV file: times in ISO 8601, numbers as they are, nothing for what is missing. */
import { csvOf } from '../csv';
import { withUnit } from '../format';
import type { Seen } from './seen';

export function toCsv({ columns, rows }: Seen): string {
  const titles = columns.map(({ title, unit }) => withUnit(title, unit === null ? null : `[${unit}]`));
  return csvOf(
    ['time', ...titles],
    rows.map(({ timeMs, cells }) => [new Date(timeMs).toISOString(), ...cells]),
  );
}
