/** Numbers, times and durations as an operator reads them. Digits stay put while a value moves. */
import type { Cell, Field, Range } from './protocol';

export const MISSING = '–';

const MOST_DECIMALS = 6;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sept', 'Oct', 'Nov', 'Dec'];

/* Without `Intl`, whose tables take a browser longer to load than the rest of a first picture. */

/** English grouping from five figures on: "3000", "12,345". */
function fixed(value: number, decimals: number): string {
  const size = Math.abs(value).toFixed(decimals);
  const sign = value < 0 && Number(size) !== 0 ? '-' : '';
  if (Number(size) < 10_000) return sign + size;
  const [whole = '', ...part] = size.split('.');
  return sign + [whole.replaceAll(/\B(?=(\d{3})+$)/g, ','), ...part].join('.');
}

function clampDecimals(decimals: number): number {
  return Math.min(MOST_DECIMALS, Math.max(0, decimals));
}

/** Decimals that resolve about a thousandth of the range: one for 0–60, two for 0–2, none for 0–3200. */
export function decimalsForRange([low, high]: Range): number {
  return clampDecimals(Math.floor(-Math.log10((high - low) / 1000) + 1e-9));
}

/** Decimals for four significant figures. */
export function decimalsForMagnitude(value: number): number {
  const size = Math.abs(value);
  return size === 0 ? 0 : clampDecimals(3 - Math.floor(Math.log10(size)));
}

function missing(value: number | null): value is null {
  return value === null || !Number.isFinite(value);
}

/** A number for display; a missing one (null, NaN, infinite) is a dash, never a zero. */
export function formatNumber(value: number | null, range: Range | null): string {
  if (missing(value)) return MISSING;
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-6 && range === null)) return value.toExponential(2);
  return fixed(value, range === null ? decimalsForMagnitude(value) : decimalsForRange(range));
}

/** A mark of an axis with as many decimals as the step between marks has: 0.25 apart, "0.50". */
export function formatMark(value: number, step: number): string {
  if (Math.abs(value) >= 1e9) return formatNumber(value, null);
  let decimals = 0;
  while (decimals < MOST_DECIMALS && Math.abs(step - Number(step.toFixed(decimals))) > step * 1e-6)
    decimals += 1;
  return fixed(value, decimals);
}

/** The word for a code, if the field has words. Booleans answer to "true"/"false" as well as "1"/"0". */
export function labelOf(field: Field, value: number | boolean): string | null {
  const { labels } = field;
  if (labels === null) return null;
  return labels[String(value)] ?? labels[String(Number(value))] ?? null;
}

/** Any value of a field as text without its unit. */
export function formatCell(value: Cell, field: Field): string {
  if (value === null) return MISSING;
  if (typeof value === 'string') return value === '' ? MISSING : value;
  if (typeof value === 'boolean') return labelOf(field, value) ?? (value ? 'Yes' : 'No');
  if (missing(value)) return MISSING;
  if (field.type === 'time') return formatTime(value);
  if (field.type === 'boolean') return labelOf(field, value) ?? (value !== 0 ? 'Yes' : 'No');
  if (field.type === 'integer') return labelOf(field, value) ?? fixed(value, 0);
  return formatNumber(value, field.range);
}

/** A change with its sign: "+0.4", "-1.2", "±0.0". */
export function formatDelta(delta: number, decimals: number): string {
  const size = fixed(Math.abs(delta), decimals);
  if (Number(size.replaceAll(',', '')) === 0) return `±${size}`;
  return `${delta < 0 ? '-' : '+'}${size}`;
}

export function withUnit(shown: string, unit: string | null): string {
  return unit === null || shown === MISSING ? shown : `${shown} ${unit}`;
}

/** Local time of day, "14:02:11". */
export function formatTime(timeMs: number): string {
  const time = new Date(timeMs);
  if (Number.isNaN(time.getTime())) return MISSING;
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** Local date without the year, "28 Feb". */
export function formatDay(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? MISSING : `${time.getDate()} ${MONTHS[time.getMonth()] ?? ''}`;
}

/** Date and time of day, "28 Feb 14:02:11". */
export function formatMoment(timeMs: number): string {
  return `${formatDay(timeMs)} ${formatTime(timeMs)}`;
}

/** A length of time in its two largest units: "8 s", "2 min 5 s", "3 h 10 min", "2 d 4 h". */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min');
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** The size of a file: "312 B", "52 kB", "13.5 MB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${fixed(size, unit > 0 && size < 99.95 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** A count for display: "292,655". */
export function formatCount(count: number): string {
  return fixed(count, 0);
}
