/** What the instruments that measure share: their range, where a value stands in it, and the words for that. */
import { formatNumber, withUnit } from '../format';
import type { Standing } from '../levels';
import type { Band, Field, Range } from '../protocol';

export const LEVEL_WORDS = { normal: '', warning: 'Warning', alarm: 'Alarm' } as const;

/** The declared range; without one, from nought to one and over all bands. */
export function rangeOf(field: Field, bands: readonly Band[]): Range {
  return (
    field.range ?? [
      Math.min(0, ...bands.map((band) => band.from)),
      Math.max(1, ...bands.map((band) => band.to)),
    ]
  );
}

/** Where a value lies between the ends of a range, 0 to 1; beyond them it goes on. */
export function fractionOf(value: number, [low, high]: Range): number {
  return (value - low) / (high - low);
}

/** An end of a scale or a limit with no more digits than it needs. */
export function limitText(value: number, range: Range): string {
  return String(Number(formatNumber(value, range).replaceAll(',', '')));
}

export function offScale(value: number | null, [low, high]: Range): string | null {
  if (value === null) return null;
  return value > high ? 'Above scale' : value < low ? 'Below scale' : null;
}

/** How a meter is read out: "41.5 °C, Warning high". */
export function spokenValue(
  shown: string,
  value: number | null,
  unit: string | null,
  stands: Standing,
): string {
  if (value === null) return 'no value';
  const word = [LEVEL_WORDS[stands.level], stands.side ?? ''].join(' ').trim();
  return [withUnit(shown, unit), word].filter((part) => part !== '').join(', ');
}
