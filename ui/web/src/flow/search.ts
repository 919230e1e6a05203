/** Which nodes are meant by what somebody types: parts of the name or of the type, in any order. */
import type { FlowNode } from '../protocol/flow';

/** Null when nothing is looked for. */
export function matching(nodes: readonly FlowNode[], wanted: string): ReadonlySet<string> | null {
  const words = wanted
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return null;
  const meant = nodes.filter(({ id, type, role }) => {
    const text = `${id} ${type} ${role}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return new Set(meant.map(({ id }) => id));
}
