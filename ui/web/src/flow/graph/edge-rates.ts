/** What goes over an edge a second. The server counts at nodes: an edge has a rate where those leave no doubt. */
import type { FlowNode } from '../../protocol/flow';
import type { Rates } from '../rates';
import type { Link } from './arrange';

export function edgeRate(
  link: Link,
  node: (id: string) => FlowNode | undefined,
  rates: (id: string) => Rates | undefined,
): number | null {
  // All that arrives at a node with one way in came over it.
  if (node(link.to)?.inputs.length === 1) return rates(link.to)?.received ?? null;
  const outputs = node(link.from)?.outputs.filter(({ name }) => name !== 'error') ?? [];
  return outputs.length === 1 && link.output !== 'error' ? (rates(link.from)?.emitted ?? null) : null;
}
