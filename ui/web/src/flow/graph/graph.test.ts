import { describe, expect, it } from 'vitest';
import { ratesOf, type Rates } from '../rates';
import { node } from '../testing';
import { arrange, linksOf } from './arrange';
import { fit, moved, showing, showsAll, zoomed } from './camera';
import { edgeRate } from './edge-rates';
import { step } from './steps';

const FLOW = [
  node('fan', 'source'),
  node('kpis', 'transform', ['fan']),
  node('heat', 'transform', ['fan']),
  node('log', 'sink', ['kpis', 'heat']),
  node('alone', 'source'),
];

describe('the graph', () => {
  it('has the edges of the flow, without those from nowhere', () => {
    expect(linksOf([...FLOW, node('odd', 'sink', ['gone'])]).map(({ from, to }) => `${from} ${to}`)).toEqual([
      'fan kpis',
      'fan heat',
      'kpis log',
      'heat log',
    ]);
  });

  it('runs from left to right, and nothing lies on another', () => {
    const { nodes, edges, width, height } = arrange(FLOW);
    const x = (id: string): number => nodes.find((place) => place.node.id === id)?.x ?? NaN;
    expect(x('fan')).toBeLessThan(x('kpis'));
    expect(x('kpis')).toBe(x('heat'));
    expect(x('heat')).toBeLessThan(x('log'));
    for (const a of nodes) {
      expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height).toBe(true);
      for (const b of nodes) {
        const apart =
          a === b ||
          a.x + a.width <= b.x ||
          b.x + b.width <= a.x ||
          a.y + a.height <= b.y ||
          b.y + b.height <= a.y;
        expect(apart, `${a.node.id} and ${b.node.id}`).toBe(true);
      }
    }
    expect(edges.map(({ path }) => path).every((path) => /^M[\d.]+ [\d.]+C/.test(path))).toBe(true);
  });

  it('keeps two edges between the same nodes apart', () => {
    const twice = node('log', 'sink', [], {
      inputs: [
        { from: 'fan', output: 'out' },
        { from: 'fan', output: 'error' },
      ],
    });
    expect(new Set(arrange([node('fan', 'source'), twice]).edges.map(({ id }) => id)).size).toBe(2);
  });

  it('stands for a flow without nodes', () => {
    expect(arrange([])).toMatchObject({ nodes: [], edges: [] });
  });

  it('leads from node to node by the arrow keys', () => {
    const arranged = arrange(FLOW);
    expect(['kpis', 'heat']).toContain(step(arranged, 'fan', 'ArrowRight'));
    expect(step(arranged, 'log', 'ArrowRight')).toBe('log');
    expect(step(arranged, 'kpis', 'ArrowLeft')).toBe('fan');
    const [upper, lower] = arranged.nodes
      .filter(({ node: { id } }) => ['kpis', 'heat'].includes(id))
      .sort((a, b) => a.y - b.y)
      .map((place) => place.node.id);
    expect(step(arranged, upper ?? '', 'ArrowDown')).toBe(lower);
    expect(step(arranged, lower ?? '', 'ArrowUp')).toBe(upper);
  });
});

describe('the rate of an edge', () => {
  const rates = new Map<string, Rates>([
    ['fan', { ...ratesOf([]), emitted: 5 }],
    ['kpis', { ...ratesOf([]), received: 4, emitted: 3 }],
    ['heat', { ...ratesOf([]), received: 5, emitted: 1 }],
    ['log', { ...ratesOf([]), received: 4 }],
  ]);
  const rateOf = (from: string, to: string, output = 'out', flow = FLOW): number | null =>
    edgeRate(
      { from, to, output },
      (id) => flow.find((one) => one.id === id),
      (id) => rates.get(id),
    );

  it('is what arrives where only one edge arrives, and else what its node sends out', () => {
    expect([rateOf('fan', 'kpis'), rateOf('kpis', 'log'), rateOf('heat', 'log')]).toEqual([4, 3, 1]);
  });

  it('is not known where the counts leave a doubt', () => {
    expect(rateOf('kpis', 'log', 'error')).toBeNull();
    const outputs = ['hot', 'cold'].map((name) => ({ name, fields: [] }));
    const split = FLOW.map((one) => (one.id === 'kpis' ? { ...one, outputs } : one));
    expect(rateOf('kpis', 'log', 'hot', split)).toBeNull();
  });
});

describe('the camera', () => {
  const view = { width: 800, height: 600 };

  it('shows all of a drawing, never larger than life', () => {
    expect(fit({ width: 1600, height: 400 }, view)).toEqual({ x: 0, y: 200, scale: 0.5 });
    expect(fit({ width: 400, height: 300 }, view)).toEqual({ x: 200, y: 150, scale: 1 });
    expect(fit({ width: 8000, height: 300 }, view, false).scale).toBeGreaterThan(0.5);
  });

  it('knows whether something lies outside', () => {
    const drawing = { width: 1600, height: 400 };
    expect(showsAll(fit(drawing, view), drawing, view)).toBe(true);
    expect(showsAll(fit(drawing, view, false), drawing, view)).toBe(false);
    expect(showsAll(moved(fit(drawing, view), -20, 0), drawing, view)).toBe(false);
  });

  it('zooms around a point', () => {
    const camera = zoomed({ x: 10, y: 20, scale: 1 }, 2, 110, 220);
    expect(camera).toEqual({ x: -90, y: -180, scale: 2 });
    expect(zoomed(camera, 1000, 0, 0).scale).toBeLessThan(5);
  });

  it('moves as little as shows a node', () => {
    const camera = { x: 0, y: 0, scale: 1 };
    expect(showing(camera, view, { x: 100, y: 100, width: 100, height: 50 })).toEqual(camera);
    expect(showing(camera, view, { x: 900, y: 100, width: 100, height: 50 })).toEqual(moved(camera, -224, 0));
    expect(showing(camera, view, { x: -50, y: -50, width: 100, height: 50 })).toEqual(moved(camera, 74, 74));
  });
});
