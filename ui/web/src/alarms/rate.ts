/** How a rate of alarms stands to the guide of EEMUA 191. */

/** Alarms in ten minutes that an operator can deal with, from and to. */
export const GUIDE = [1, 2] as const;
/** More than this in ten minutes is a flood. */
export const FLOOD = 10;

export interface RateVerdict {
  readonly level: 'normal' | 'warning' | 'alarm';
  readonly words: string;
}

export function judgeRate(perTenMinutes: number): RateVerdict {
  const [good, most] = GUIDE;
  if (perTenMinutes <= good) return { level: 'normal', words: 'Within the guide' };
  if (perTenMinutes <= most) return { level: 'normal', words: 'At the upper end of the guide' };
  if (perTenMinutes <= FLOOD) return { level: 'warning', words: 'More than the guide allows' };
  return { level: 'alarm', words: 'A flood: more than anybody can follow' };
}

/** Where a rate stands on a scale on which floods take as much room as everything below, 0 to 1. */
export function placeOf(perTenMinutes: number): number {
  return Math.min(1, Math.log1p(perTenMinutes) / Math.log1p(FLOOD * 2));
}
