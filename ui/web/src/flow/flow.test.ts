import { describe, expect, it } from 'vitest';
import { parseFlow } from '../protocol/flow';
import { parseNodes } from '../protocol/nodes';
import { faultPlaces } from './fault-places';
import { hashOf, isFlow, placeOf } from './place';
import { matching } from './search';
import { node } from './testing';

const FLOW = {
  name: 'Fan',
  editable: true,
  files: [{ path: 'flows/fan.yaml', text: 'twinflow: 1', revision: 'a' }],
  nodes: [
    {
      id: 'fan',
      type: 'mqtt-in',
      role: 'source',
      file: 'flows/fan.yaml',
      lines: [3, 9],
      inputs: [],
      outputs: [
        {
          name: 'out',
          fields: [{ name: 'temp', title: 'Temperature', unit: '°C', type: 'number', range: [0, 60] }],
        },
      ],
      doc: 'Reads.',
    },
  ],
  fault: { report: 'error', sinceMs: 12 },
  revision: 'a',
};

describe('the flow', () => {
  it('is read, also without files and by halves', () => {
    expect(parseFlow(FLOW)).toEqual({ ...FLOW, readOnly: null });
    const bare = {
      ...FLOW,
      files: undefined,
      fault: null,
      nodes: [{ ...FLOW.nodes[0], doc: null, lines: null }],
    };
    expect(parseFlow(bare)).toMatchObject({ files: [], fault: null, nodes: [{ doc: '', lines: [0, 0] }] });
    expect(() => parseFlow({ ...FLOW, nodes: [{ ...FLOW.nodes[0], role: 'pump' }] })).toThrow(
      'nodes[0].role',
    );
  });

  it('has counts', () => {
    const state = {
      node: 'fan',
      type: 'mqtt-in',
      role: 'source',
      in: 0,
      out: 4,
      dropped: 0,
      errors: 1,
      batches: 2,
    };
    const report = {
      uptimeMs: 5,
      nodes: [{ ...state, queue: null, batchSeconds: 0.1, notReady: null }],
      problems: [],
    };
    expect(parseNodes(report).nodes).toEqual([
      {
        node: 'fan',
        received: 0,
        emitted: 4,
        dropped: 0,
        errors: 1,
        queue: null,
        batches: 2,
        batchSeconds: 0.1,
        notReady: null,
      },
    ]);
  });
});

describe('the address', () => {
  it('tells the flow view from the dashboard, under any prefix', () => {
    expect(['/flow', '/plant/flow', '/', '/ui', '/flows'].map(isFlow)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('keeps the node and what is shown of it', () => {
    for (const place of [
      { node: null, pane: null },
      { node: 'fan 1&2', pane: 'node' },
      { node: 'fan', pane: 'file' },
      { node: null, pane: 'file' },
    ] as const) {
      expect(placeOf(hashOf(place))).toEqual(place);
    }
  });
});

describe('the search', () => {
  const nodes = [
    node('fan', 'source', [], { type: 'mqtt-in' }),
    node('kpis', 'transform'),
    node('faults', 'sink'),
  ];
  it('goes by parts of name, type and role', () => {
    const found = (wanted: string): string[] => [...(matching(nodes, wanted) ?? ['all'])];
    expect(found(' ')).toEqual(['all']);
    expect([found('FA'), found('mqtt'), found('kpi transf'), found('nothing')]).toEqual([
      ['fan', 'faults'],
      ['fan'],
      ['kpis'],
      [],
    ]);
  });
});

describe('the report of a broken edit', () => {
  it('leads to the lines that it names', () => {
    const files = [
      { path: 'flows/fan.yaml', text: '', revision: '' },
      { path: 'flows/parts/log.yaml', text: '', revision: '' },
    ];
    const report =
      'error: no\n --> /plant/flows/fan.yaml:12:5\n --> parts/log.yaml:3:1\n --> other.yaml:1:1\n --> parts/log.yaml:3:1';
    expect(faultPlaces(report, files)).toEqual([
      { path: 'flows/fan.yaml', line: 12 },
      { path: 'flows/parts/log.yaml', line: 3 },
    ]);
  });
});
