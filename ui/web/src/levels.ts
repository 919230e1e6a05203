/** How a value stands to the bands of its widget. */
import type { Band, Level } from './protocol';

export type Side = 'high' | 'low';

export interface Standing {
  readonly level: Level;
  /** On which side of the normal band; null when normal or when no band is normal. */
  readonly side: Side | null;
}

export const NORMAL: Standing = { level: 'normal', side: null };

const SEVERITY: Record<Level, number> = { normal: 0, warning: 1, alarm: 2 };

export function worse(a: Level, b: Level): Level {
  return SEVERITY[a] >= SEVERITY[b] ? a : b;
}

/** The span that all normal bands cover together; null when there is none. */
export function normalSpan(bands: readonly Band[]): { readonly from: number; readonly to: number } | null {
  const normal = bands.filter((band) => band.level === 'normal');
  if (normal.length === 0) return null;
  return {
    from: Math.min(...normal.map((band) => band.from)),
    to: Math.max(...normal.map((band) => band.to)),
  };
}

/** Outside of all bands the nearest one counts; beyond a normal one that is a warning. */
function levelAt(value: number, bands: readonly Band[]): Level {
  const holding = bands.filter((band) => value >= band.from && value <= band.to);
  if (holding.length > 0) {
    // A value on the border of two bands is still in the better one.
    return holding.reduce<Level>(
      (best, band) => (worse(best, band.level) === best ? band.level : best),
      'alarm',
    );
  }
  const distance = (band: Band): number => (value < band.from ? band.from - value : value - band.to);
  const nearest = bands.reduce((best, band) => (distance(band) < distance(best) ? band : best));
  return worse(nearest.level, 'warning');
}

export function standing(value: number, bands: readonly Band[]): Standing {
  if (!Number.isFinite(value) || bands.length === 0) return NORMAL;
  const level = levelAt(value, bands);
  if (level === 'normal') return NORMAL;
  const normal = normalSpan(bands);
  if (normal === null) return { level, side: null };
  return { level, side: value > normal.to ? 'high' : value < normal.from ? 'low' : null };
}
