/** Geometry of a half-circle dial: fractions of the range run from the left end (0) to the right end (1). */

export const DIAL = { width: 200, height: 104, x: 100, y: 100 } as const;

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}

export function point(fraction: number, radius: number): readonly [x: number, y: number] {
  const angle = Math.PI * (1 - clamp(fraction));
  return [DIAL.x + radius * Math.cos(angle), DIAL.y - radius * Math.sin(angle)];
}

/** An SVG path along the dial; empty when it would have no length. */
export function arc(from: number, to: number, radius: number): string {
  const [low, high] = from < to ? [clamp(from), clamp(to)] : [clamp(to), clamp(from)];
  if (high - low < 1e-6) return '';
  const [x0, y0] = point(low, radius);
  const [x1, y1] = point(high, radius);
  return `M${x0.toFixed(2)} ${y0.toFixed(2)}A${radius} ${radius} 0 0 1 ${x1.toFixed(2)} ${y1.toFixed(2)}`;
}

export function ray(fraction: number, inner: number, outer: number): string {
  const [x0, y0] = point(fraction, inner);
  const [x1, y1] = point(fraction, outer);
  return `M${x0.toFixed(2)} ${y0.toFixed(2)}L${x1.toFixed(2)} ${y1.toFixed(2)}`;
}
