/** Nodes for tests. */
import type { FlowNode, Role } from '../protocol/flow';

export function node(
  id: string,
  role: Role,
  from: readonly string[] = [],
  more: Partial<FlowNode> = {},
): FlowNode {
  const outputs = role === 'sink' ? [] : [{ name: 'out', fields: [] }];
  const inputs = from.map((name) => ({ from: name, output: 'out' }));
  return { id, role, type: 'kpi', file: 'flow.yaml', lines: [0, 0], inputs, outputs, doc: '', ...more };
}
