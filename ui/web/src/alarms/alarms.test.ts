import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Alarm, Cell } from '../protocol';
import { alarmOf, HEAT } from '../testing/alarm';
import { Alarms } from './alarms.svelte';

const NOW = 1_790_000_000_000;

describe('the alarms of a page', () => {
  let served: Alarm[];
  let refusal: string | null;
  let requests: string[];
  let alarms: Alarms;
  const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const row = (time: number, state: string, ...more: Cell[]): [number, string, ...Cell[]] => [
    time,
    '',
    ...['high', state, 'medium', 'Too hot', state !== 'normal', false],
    ...more,
  ];
  const rows = (first: number, all: [number, string, ...Cell[]][], reset = false): void => {
    const parsed = all.map(([time, key, ...values]) => ({ time, key, values }));
    alarms.accept({ type: 'rows', stream: 'heat', first, rows: parsed, reset });
  };
  const states = (): string[] => alarms.list.map(({ state }) => state);

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    served = [];
    refusal = null;
    requests = [];
    vi.stubGlobal('fetch', (url: URL, init?: RequestInit) => {
      const body = typeof init?.body === 'string' ? ` ${init.body}` : '';
      requests.push(`${init?.method ?? 'GET'} ${url.pathname}${body}`);
      if ((init?.method ?? 'GET') === 'GET') return Promise.resolve(new Response(JSON.stringify(served)));
      return Promise.resolve(
        refusal === null
          ? new Response('{}')
          : new Response(JSON.stringify({ error: refusal }), { status: 422 }),
      );
    });
    alarms = new Alarms('http://twin/', [HEAT], () => Date.now());
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('are asked for, then kept up by the rows of their node', async () => {
    served = [alarmOf()];
    alarms.reload();
    await settle();
    expect(alarms.known).toBe(true);
    expect(states()).toEqual(['unacknowledged']);
    rows(7, [row(NOW, 'returned')]);
    expect(states()).toEqual(['returned']);
    expect(alarms.since()).toEqual({ heat: 7 });
    rows(7, [row(NOW, 'returned'), row(NOW, 'normal')]);
    expect(states()).toEqual([]);
    expect(alarms.present).toBe(0);
  });

  it('are of no interest in rows of another stream', () => {
    expect(alarms.accept({ type: 'rows', stream: 'kpis', first: 1, rows: [], reset: false })).toBe(false);
  });

  it('are asked for again when rows were left out, and when the stream begins anew', async () => {
    rows(1, [row(NOW, 'unacknowledged')]);
    await settle();
    expect(requests).toEqual([]);
    rows(5, [row(NOW + 1, 'acknowledged')]);
    await settle();
    rows(1, [], true);
    await settle();
    expect(requests).toEqual(['GET /api/alarms', 'GET /api/alarms']);
    expect(alarms.since()).toEqual({});
  });

  it('are asked for again after a failure, and say so meanwhile', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('{"error":"busy"}', { status: 503 })));
    alarms.reload();
    await settle();
    expect(alarms.failed).toBe('busy');
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('[]')));
    await settle(3_000);
    expect(alarms.failed).toBeNull();
  });

  it('shelved by somebody are asked for once more, for the end of it', async () => {
    rows(1, [row(NOW, 'shelved', 'local')]);
    served = [alarmOf({ state: 'shelved', since: NOW, shelvedUntil: NOW + 60_000 })];
    await settle(200);
    expect(alarms.list[0]).toMatchObject({ shelvedUntil: NOW + 60_000, by: 'local' });
  });

  describe('that are acknowledged', () => {
    beforeEach(async () => {
      served = [alarmOf({ key: 'fan 1' }), alarmOf({ alarm: 'high_high', key: 'fan 1', state: 'returned' })];
      alarms.reload();
      await settle();
      requests = [];
    });

    it('are shown so at once, and those that are over are gone', async () => {
      alarms.acknowledge(alarms.list);
      expect(alarms.list.map(({ state, pending }) => [state, pending])).toEqual([['acknowledged', true]]);
      expect(alarms.open).toBe(0);
      await settle();
      const asked = 'POST /api/nodes/heat/acknowledge';
      expect(requests).toEqual([
        `${asked} {"alarm":"high","key":"fan 1"}`,
        `${asked} {"alarm":"high_high","key":"fan 1"}`,
      ]);
    });

    it('come back with the reason when it is refused', async () => {
      refusal = 'nothing is unacknowledged here';
      const [first] = alarms.list;
      if (first === undefined) throw new Error('there is no alarm');
      alarms.acknowledge([first]);
      await settle();
      expect(alarms.list[0]).toMatchObject({ state: 'unacknowledged', pending: false, refused: refusal });
      alarms.dismiss(first.id);
      expect(alarms.list[0]?.refused).toBeNull();
    });

    it('are what the server says as soon as it says it', async () => {
      alarms.acknowledge(alarms.list);
      await settle();
      const parsed = { time: NOW + 1, key: 'fan 1', values: row(0, 'acknowledged', 'local').slice(2) };
      alarms.accept({ type: 'rows', stream: 'heat', first: 1, rows: [parsed], reset: false });
      expect(alarms.list[0]).toMatchObject({ state: 'acknowledged', pending: false, by: 'local' });
    });

    it('are as they were when the server took it and nothing came of it', async () => {
      alarms.acknowledge(alarms.list);
      await settle(6_000);
      alarms.sweep();
      expect(states()).toEqual(['unacknowledged', 'returned']);
    });

    it('can be put aside for some minutes, and taken back', async () => {
      const [first] = alarms.list;
      if (first === undefined) throw new Error('there is no alarm');
      alarms.shelve(first, 30);
      const put = alarms.list.find(({ id }) => id === first.id);
      expect(put).toMatchObject({ state: 'shelved', shelvedUntil: NOW + 30 * 60_000 });
      expect(alarms.present).toBe(1);
      await settle();
      expect(requests).toEqual(['POST /api/nodes/heat/shelve {"alarm":"high","key":"fan 1","minutes":30}']);
    });
  });
});
