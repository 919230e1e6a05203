import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readBeginning } from './beginning';
import { Session } from './session.svelte';

const NOW = 1_790_000_000_000;

/** The browser's account of what it has painted: the page, soon. */
class FirstPaint {
  constructor(private readonly told: (list: { getEntriesByName: () => unknown[] }) => void) {}
  observe(): void {
    setTimeout(() => this.told({ getEntriesByName: () => ['painted'] }), 16);
  }
  disconnect(): void {}
}

class FakeSocket {
  static all: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: string[] = [];
  readonly readyState = 1;

  constructor(readonly url: URL) {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    return;
  }
  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  rows(first: number, rows: unknown[][], reset = false): void {
    this.says({ type: 'rows', stream: 'alerts', first, rows, reset });
  }
}

const field = { name: 'state', title: 'State', unit: null, type: 'text', range: null, labels: null, slot: 1 };

function layout(revision: string): object {
  const widget = {
    id: 'a',
    node: 'n',
    stream: 'alerts',
    kind: 'status',
    title: 'A',
    fields: [field],
    alert: 0,
    popup: true,
  };
  return {
    name: 'Fan cooling',
    revision,
    staleAfterMs: 2500,
    pages: [{ title: 'Fan', groups: [{ title: 'Alerts', widgets: [widget] }] }],
  };
}

describe('a session', () => {
  let session: Session;
  let served: object;
  let beat: () => void;
  const latest = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;
  const settle = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  async function open(): Promise<void> {
    await settle(0);
    latest().onopen?.();
    latest().says({ type: 'hello', revision: (served as { revision: string }).revision, now: Date.now() });
  }

  beforeEach(async () => {
    vi.useFakeTimers({ now: NOW });
    FakeSocket.all = [];
    served = layout('one');
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal('document', { hidden: false, addEventListener: vi.fn() });
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(served))));
    vi.stubGlobal('requestAnimationFrame', (paint: () => void) => setTimeout(paint, 16));
    vi.stubGlobal('cancelAnimationFrame', clearTimeout);
    vi.stubGlobal('PerformanceObserver', FirstPaint);
    session = new Session('https://plant.example/twin/');
    beat = () => session.frame.request();
    session.start();
    await open();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('speaks to the server under the address of the page', () => {
    expect(String(latest().url)).toBe('wss://plant.example/twin/ws');
  });

  it('is delayed before the first row, live with it, delayed again without more, and disconnected when cut', async () => {
    expect(session.line).toBe('delayed');
    latest().rows(1, [[NOW, 'fan', false, 'Normal']]);
    await settle(200);
    expect(session.line).toBe('live');
    await settle(4000);
    expect(session.line).toBe('delayed');
    latest().onclose?.();
    expect(session.line).toBe('disconnected');
  });

  it('goes on after the last row it holds', async () => {
    latest().rows(7, [[NOW, 'fan', false, 'Normal']]);
    latest().onclose?.();
    await settle(300);
    await open();
    expect(JSON.parse(latest().sent[0] ?? '')).toEqual({ type: 'subscribe', since: { alerts: 7 } });
  });

  it('fetches a changed layout and begins anew with it', async () => {
    latest().rows(7, [[NOW, 'fan', false, 'Normal']]);
    served = layout('two');
    latest().says({ type: 'hello', revision: 'two', now: NOW });
    latest().rows(8, [[NOW, 'fan', false, 'Normal']]);
    await open();
    expect(session.dashboard?.revision).toBe('two');
    expect(JSON.parse(latest().sent[0] ?? '')).toEqual({ type: 'subscribe', since: {} });
  });

  it('says why a layout cannot be read, and takes it once it can', async () => {
    served = { ...layout('two'), pages: 3 };
    latest().says({ type: 'hello', revision: 'two', now: NOW });
    await settle(0);
    expect(session.failure).toContain('pages: expected a list, found 3');
    served = layout('two');
    await settle(600);
    expect(session.failure).toBeNull();
    expect(session.dashboard?.revision).toBe('two');
  });

  it('offers the machines it sees and keeps to the one it shows', async () => {
    latest().rows(1, [[NOW, 'fan 10', false, 'Normal']]);
    // Not long after the beginning it would settle on the first of them.
    await settle(3_000);
    latest().rows(2, [[NOW, 'fan 9', false, 'Normal']]);
    expect(session.keys).toEqual(['fan 9', 'fan 10']);
    expect(session.key).toBe('fan 10');
    session.choose('fan 9');
    expect(session.machine('alerts')?.series.text(1, 0)).toBe('Normal');
  });

  it('shows of all machines the one that stands worst', async () => {
    latest().rows(1, [
      [NOW, 'fan 1', false, 'Normal'],
      [NOW, 'fan 2', true, 'Overcurrent'],
    ]);
    session.choose(null);
    await settle(300);
    beat();
    await settle(20);
    const widget = session.dashboard?.pages[0]?.groups[0]?.widgets[0];
    expect(session.abnormal.get('a')).toBe('alarm');
    expect(widget === undefined ? null : session.machineOf(widget)?.key).toBe('fan 2');
    session.choose('fan 1');
    beat();
    await settle(20);
    expect(session.abnormal.size).toBe(0);
  });

  it('raises notices for what happened while it was cut off, but not for the history of a restarted server', async () => {
    latest().rows(1, [[NOW, 'fan', false, 'Normal']]);
    await settle(5000);
    latest().onclose?.();
    vi.setSystemTime(NOW + 65_000);
    await settle(300);
    await open();
    latest().rows(2, [[NOW + 20_000, 'fan', true, 'Overcurrent']]);
    expect(session.notices.map(({ text }) => text)).toEqual(['Overcurrent']);
    session.dismiss(session.notices[0]?.id ?? '');
    latest().rows(
      1,
      [
        [NOW, 'fan', false, 'Normal'],
        [NOW + 20_000, 'fan', true, 'Overcurrent'],
      ],
      true,
    );
    beat();
    expect(session.notices).toEqual([]);
  });

  it('counts frames that it cannot read among the problems', () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    latest().says({ type: 'nonsense' });
    latest().says({ type: 'nonsense' });
    expect(session.problems).toMatchObject([{ node: 'this page', count: 2 }]);
  });
});

describe('a page that the server has begun', () => {
  let session: Session;
  const fetched: string[] = [];
  const latest = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;
  const state = (i: number): string | null | undefined => session.machine('alerts')?.series.text(1, i);
  const me = { name: 'anna', role: 'viewer', loginRequired: true, canLogOut: true };
  const hello = { type: 'hello', revision: 'one', now: NOW };
  const rows = (first: number, ...states: string[]): object => ({
    type: 'rows',
    stream: 'alerts',
    first,
    rows: states.map((text, i) => [NOW - 1000 + 10 * (first + i), 'fan', false, text]),
  });
  const begin = (shown: object): void =>
    session.start(readBeginning(JSON.stringify({ me, ...shown }), NOW - 300));

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    FakeSocket.all = [];
    fetched.length = 0;
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal('document', { hidden: false, addEventListener: vi.fn() });
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    vi.stubGlobal('requestAnimationFrame', (paint: () => void) => setTimeout(paint, 16));
    vi.stubGlobal('cancelAnimationFrame', clearTimeout);
    vi.stubGlobal('PerformanceObserver', FirstPaint);
    vi.stubGlobal('fetch', (url: URL) => {
      fetched.push(url.pathname);
      return Promise.resolve(new Response(JSON.stringify(layout('two'))));
    });
    session = new Session('https://plant.example/twin/');
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('has its layout and its readings at once, and asks for nothing', async () => {
    begin({ dashboard: layout('one'), messages: [hello, rows(7, 'Normal')] });
    await vi.advanceTimersByTimeAsync(16);
    expect([session.line, state(0), session.access.me?.name]).toEqual(['live', 'Normal', 'anna']);
    expect(session.now()).toBe(NOW + 300 + 16);
    expect(fetched).toEqual([]);
  });

  it('gets all that is kept by the line, without a gap or a double', async () => {
    begin({ dashboard: layout('one'), messages: [hello, rows(7, 'c', 'd')] });
    await vi.advanceTimersByTimeAsync(20);
    latest().onopen?.();
    expect(latest().sent.map((text) => JSON.parse(text))).toEqual([{ type: 'subscribe', since: {} }]);
    latest().says(hello);
    latest().says(rows(5, 'a', 'b', 'c', 'd', 'e'));
    expect([0, 1, 2, 3, 4, 5].map(state)).toEqual(['a', 'b', 'c', 'd', 'e', null]);
    latest().onclose?.();
    await vi.advanceTimersByTimeAsync(300);
    latest().onopen?.();
    expect(latest().sent.map((text) => JSON.parse(text))).toEqual([
      { type: 'subscribe', since: { alerts: 9 } },
    ]);
  });

  it('is disconnected when there is no line to be had', async () => {
    begin({ dashboard: layout('one'), messages: [hello, rows(7, 'Normal')] });
    await vi.advanceTimersByTimeAsync(20);
    latest().onclose?.();
    expect(session.line).toBe('disconnected');
  });

  it('begins anew when the flow was changed since', async () => {
    begin({ dashboard: layout('one'), messages: [hello, rows(7, 'Normal')] });
    await vi.advanceTimersByTimeAsync(20);
    latest().onopen?.();
    latest().says({ ...hello, revision: 'two' });
    await vi.advanceTimersByTimeAsync(0);
    expect([session.dashboard?.revision, session.machine('alerts')]).toEqual(['two', null]);
  });

  it('settles on the first machine, whichever was told of first, until somebody chooses', async () => {
    const of = (first: number, key: string): object => ({
      type: 'rows',
      stream: 'alerts',
      first,
      rows: [[NOW, key, false, 'Normal']],
    });
    begin({ dashboard: layout('one'), messages: [hello, of(7, 'fan 3')] });
    expect(session.key).toBe('fan 3');
    await vi.advanceTimersByTimeAsync(20);
    latest().onopen?.();
    latest().says(hello);
    latest().says(of(5, 'fan 2'));
    expect(session.key).toBe('fan 2');
    session.choose('fan 3');
    latest().says(of(8, 'fan 1'));
    expect(session.key).toBe('fan 3');
  });

  it('asks itself when the server does not know who it is for: a link on another site brings no cookie', async () => {
    session.start(readBeginning('null', NOW));
    expect([session.access.mustLogIn, session.dashboard]).toEqual([false, null]);
    await vi.advanceTimersByTimeAsync(0);
    expect(fetched.sort()).toEqual(['/twin/api/dashboard', '/twin/api/me']);
  });

  it('asks for everything when it cannot be read', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    session.start(readBeginning('{"me":3}', NOW));
    await vi.advanceTimersByTimeAsync(0);
    expect(error).toHaveBeenCalledOnce();
    expect(session.dashboard?.revision).toBe('two');
    expect(fetched.sort()).toEqual(['/twin/api/dashboard', '/twin/api/me']);
  });
});
