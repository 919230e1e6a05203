/** A curve without axes, as an SVG path over its own lowest and highest value. */
import type { Curve } from '../decimate';

export const SPARK = { width: 120, height: 22 } as const;
const MARGIN = 2;

export function sparkline(curve: Curve, fromMs: number, toMs: number): string {
  const known = curve.values.filter((value) => value !== null);
  const low = Math.min(...known);
  const spread = Math.max(...known) - low;
  const room = SPARK.height - 2 * MARGIN;
  let path = '';
  let pen = 'M';
  curve.values.forEach((value, i) => {
    if (value === null) {
      pen = 'M';
      return;
    }
    const x = (((curve.times[i] ?? fromMs) - fromMs) / (toMs - fromMs)) * SPARK.width;
    const y = spread === 0 ? SPARK.height / 2 : MARGIN + room * (1 - (value - low) / spread);
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  });
  return path;
}
