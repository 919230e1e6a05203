/** What the faceplate of a control loop says. */
import { formatDelta, decimalsForMagnitude, decimalsForRange, MISSING, withUnit } from '../format';
import type { Cell, Field, LoopMode, Range } from '../protocol';
import { rangeOf } from '../widgets/measure';

export const MODE_WORDS: Record<LoopMode, string> = {
  automatic: 'Automatic',
  manual: 'Manual',
  safe: 'Safe state',
};

/** The unit of a difference of two values: temperatures differ by kelvins. */
function unitOfDifference(unit: string | null): string | null {
  return unit === '°C' ? 'K' : unit;
}

/** How far the measured value is from the set-point, with its sign and unit. */
export function deviationText(measured: Cell, setpoint: Cell, field: Field): string {
  if (typeof measured !== 'number' || typeof setpoint !== 'number') return MISSING;
  const decimals = field.range === null ? decimalsForMagnitude(measured) : decimalsForRange(field.range);
  return withUnit(formatDelta(measured - setpoint, decimals), unitOfDifference(field.unit));
}

/**
 * The scale that measured value and set-point share: the declared range of either; without one, from nought or the
 * lowest to the highest of the two.
 */
export function sharedRange(measured: Field, setpoint: Field, values: readonly Cell[]): Range {
  const declared = measured.range ?? setpoint.range;
  if (declared !== null) return declared;
  const numbers = values.filter((value) => typeof value === 'number');
  const [low, high] = rangeOf(measured, []);
  return [Math.min(low, ...numbers), Math.max(high, ...numbers)];
}
