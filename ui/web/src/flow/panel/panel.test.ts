import { describe, expect, it } from 'vitest';
import type { Flow, OutputField } from '../../protocol/flow';
import { parseTapLine, type TapRecord } from '../../protocol/tap';
import { node } from '../testing';
import { cellText, clockOf, columnsOf, fieldsOf } from './columns';
import { LineSplitter } from './lines';
import { MOST_RECORDS, Tap } from './tap.svelte';

const field = (name: string, more: Partial<OutputField> = {}): OutputField => {
  return { name, title: name, unit: null, type: 'number', range: null, ...more };
};
const record = (fields: Record<string, unknown>, output: string | null = 'out'): TapRecord => {
  return { kind: 'record', time: '2026-11-24T05:23:09.200Z', key: 'fan', output, fields };
};

describe('the lines of a tap', () => {
  it('are put together from parts that end anywhere', () => {
    const splitter = new LineSplitter();
    expect(['{"a"', ':1}\n{"b":', '2}\n\n', '{"c":3}'].map((part) => splitter.push(part))).toEqual([
      [],
      ['{"a":1}'],
      ['{"b":2}'],
      [],
    ]);
  });

  it('are records, or tell of missed ones', () => {
    const line =
      '{"time":"2026-11-24T05:23:09.200Z","key":"pump-3","node":"fan","output":null,"fields":{"temp":31.2}}';
    expect(parseTapLine(line)).toMatchObject({
      kind: 'record',
      key: 'pump-3',
      output: null,
      fields: { temp: 31.2 },
    });
    expect(parseTapLine('{"missed": 12}')).toEqual({ kind: 'missed', count: 12 });
    expect(() => parseTapLine('{"time": 3}')).toThrow('time: expected text, found 3');
  });
});

describe('the columns of records', () => {
  const outputs = [
    { name: 'out', fields: [field('temp'), field('rpm')] },
    { name: 'error', fields: [field('kind')] },
  ];
  const fan = node('fan', 'source', [], { outputs });
  const flow = { nodes: [fan] } as unknown as Flow;

  it('are those of the outputs that were seen; at a sink, those of what arrives', () => {
    expect(fieldsOf(fan, flow, new Set(['error'])).map(({ name }) => name)).toEqual(['kind']);
    const sink = node('log', 'sink', ['fan']);
    expect(fieldsOf(sink, flow, new Set()).map(({ name }) => name)).toEqual(['temp', 'rpm']);
  });

  it('come in the order of the schema, then what else there is', () => {
    const columns = columnsOf(
      [record({ odd: 1, rpm: 2 }), record({ temp: 3 })],
      [field('temp'), field('rpm')],
    );
    expect(columns.map(({ name }) => name)).toEqual(['temp', 'rpm', 'odd']);
    expect(columnsOf([record({ rpm: 2 })], [field('temp'), field('rpm')]).map(({ name }) => name)).toEqual([
      'rpm',
    ]);
  });

  it('show values as the dashboard does', () => {
    const temp = field('temp', { range: [0, 60] });
    expect(
      [24.11, null, undefined, true, 'automatic', { a: 1 }].map((value) => cellText(value, temp)),
    ).toEqual(['24.1', cellText(null, temp), cellText(null, temp), 'Yes', 'automatic', '{"a":1}']);
  });

  it('have the time of day with tenths', () => {
    expect(clockOf('2026-11-24T05:23:09.274Z')).toMatch(/^\d\d:23:09\.2$/);
    expect(clockOf('later')).toBe('later');
  });
});

describe('a tap', () => {
  const line = (temp: number): string =>
    `${JSON.stringify({ time: 't', key: 'fan', output: 'out', fields: { temp } })}\n`;
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

  it('keeps the newest records first, counts missed ones, and reads nothing while paused', async () => {
    let signal: AbortSignal | null | undefined;
    const opened: ReadableStreamDefaultController<Uint8Array>[] = [];
    const tap = new Tap(new URL('http://twin/api/tap/fan'), (_url, init) => {
      signal = init?.signal;
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void opened.push(controller) });
      return Promise.resolve(new Response(body));
    });
    const stop = tap.start();
    await settled();
    const text = Array.from({ length: MOST_RECORDS + 30 }, (_, i) => line(i)).join('');
    opened[0]?.enqueue(new TextEncoder().encode(`${text}{"missed": 4}\n`));
    await settled();
    tap.pause();
    expect(signal?.aborted).toBe(true);
    expect(tap.records).toHaveLength(MOST_RECORDS);
    expect(tap.records[0]?.record.fields).toEqual({ temp: MOST_RECORDS + 29 });
    expect(tap.missed).toBe(4);
    tap.resume();
    await settled();
    expect(opened).toHaveLength(2);
    stop();
    expect(signal?.aborted).toBe(true);
  });
});
