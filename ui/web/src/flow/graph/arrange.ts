/** Where nodes and edges stand, from left to right. A pure function of the flow: rates do not move anything. */
import { Graph, layout } from '@dagrejs/dagre';
import type { FlowNode } from '../../protocol/flow';

export const NODE_WIDTH = 188;
/** Sinks are many and say little: they are lower. */
export const NODE_HEIGHT = { source: 60, transform: 60, sink: 42 } as const;

export interface Placed {
  readonly node: FlowNode;
  /** Of its left upper corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Edge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly output: string;
  /** An SVG path. */
  readonly path: string;
  /** Where its words stand. */
  readonly label: { readonly x: number; readonly y: number };
}

export interface Arranged {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly Placed[];
  readonly edges: readonly Edge[];
}

export interface Link {
  readonly from: string;
  readonly to: string;
  readonly output: string;
}

/** The edges of a flow; what leads in from nowhere, as in a flow that is just being changed, is left out. */
export function linksOf(nodes: readonly FlowNode[]): readonly Link[] {
  const known = new Set(nodes.map(({ id }) => id));
  return nodes.flatMap(({ id, inputs }) =>
    inputs.filter(({ from }) => known.has(from)).map(({ from, output }) => ({ from, to: id, output })),
  );
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A curve that leaves and arrives level. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x.toFixed(1)} ${first.y.toFixed(1)}`;
  let before = first;
  for (const point of rest) {
    const middle = ((before.x + point.x) / 2).toFixed(1);
    path += `C${middle} ${before.y.toFixed(1)} ${middle} ${point.y.toFixed(1)} ${point.x.toFixed(1)} ${point.y.toFixed(1)}`;
    before = point;
  }
  return path;
}

export function arrange(nodes: readonly FlowNode[]): Arranged {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 84, edgesep: 8, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, role } of nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT[role] });
  const links = linksOf(nodes);
  for (const { from, to, output } of links) graph.setEdge(from, to, {}, output);
  layout(graph);
  const placed = nodes.map((node) => {
    const { x = 0, y = 0 } = graph.node(node.id) as Partial<Point>;
    const height = NODE_HEIGHT[node.role];
    return { node, x: x - NODE_WIDTH / 2, y: y - height / 2, width: NODE_WIDTH, height };
  });
  const at = new Map(placed.map((place) => [place.node.id, place]));
  const edges = links.map((link) => edge(link, at, graph.edge(link.from, link.to, link.output)));
  return {
    width: Math.max(0, ...placed.map(({ x, width }) => x + width)) + 16,
    height: Math.max(0, ...placed.map(({ y, height }) => y + height)) + 16,
    nodes: placed,
    edges,
  };
}

function edge(link: Link, at: ReadonlyMap<string, Placed>, laid: { points?: Point[] }): Edge {
  const from = at.get(link.from);
  const to = at.get(link.to);
  const start = { x: (from?.x ?? 0) + (from?.width ?? 0), y: (from?.y ?? 0) + (from?.height ?? 0) / 2 };
  const end = { x: to?.x ?? 0, y: (to?.y ?? 0) + (to?.height ?? 0) / 2 };
  // The first and the last point lie on the outlines, wherever the straight line meets them: ours lie in the middle.
  const between = (laid.points ?? []).slice(1, -1).filter(({ x }) => x > start.x + 8 && x < end.x - 8);
  // With one point between two neighbours the curve would only get a kink.
  const points = [start, ...(between.length > 1 ? between : []), end];
  return {
    ...link,
    id: `${link.from}\n${link.output}\n${link.to}`,
    path: curve(points),
    label: { x: end.x - 8, y: end.y - 5 },
  };
}
