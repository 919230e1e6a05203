/** Rows as a CSV file (RFC 4180): times in ISO 8601, numbers as they are, nothing for what is missing. */
import { withUnit } from '../format';
import type { Seen } from './seen';

function quoted(text: string): string {
  // A text that begins like a formula must not become one in a spreadsheet.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv({ columns, rows }: Seen): string {
  const head = [
    'time',
    ...columns.map(({ title, unit }) => withUnit(title, unit === null ? null : `[${unit}]`)),
  ];
  const lines = rows.map(({ timeMs, cells }) =>
    [new Date(timeMs).toISOString(), ...cells.map((cell) => (cell === null ? '' : String(cell)))].join(','),
  );
  return [head.map(quoted).join(','), ...lines, ''].join('\r\n');
}
