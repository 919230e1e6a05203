/** The outline of a node by its role: what comes in from the plant is round at its left, what goes out at its right. */
import type { Role } from '../../protocol/flow';

export function outline(role: Role, width: number, height: number): string {
  const small = 3;
  const large = 14;
  const left = role === 'source' ? large : small;
  const right = role === 'sink' ? large : small;
  return [
    `M${left} 0H${width - right}`,
    `A${right} ${right} 0 0 1 ${width} ${right}V${height - right}`,
    `A${right} ${right} 0 0 1 ${width - right} ${height}H${left}`,
    `A${left} ${left} 0 0 1 0 ${height - left}V${left}`,
    `A${left} ${left} 0 0 1 ${left} 0Z`,
  ].join('');
}
