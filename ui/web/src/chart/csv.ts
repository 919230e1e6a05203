/** What a chart shows as a CSV file: times in ISO 8601 or in seconds since a start, numbers as they are, nothing for what is missing. */
import { csvOf } from '../csv';
import { withUnit } from '../format';
import type { Seen } from './seen';

export function toCsv({ columns, rows }: Seen, elapsed: boolean): string {
  const titles = columns.map(({ title, unit }) => withUnit(title, unit === null ? null : `[${unit}]`));
  return csvOf(
    [elapsed ? 'seconds' : 'time', ...titles],
    rows.map(({ timeMs, cells }) => [elapsed ? timeMs / 1000 : new Date(timeMs).toISOString(), ...cells]),
  );
}
