import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session } from './session.svelte';

const NOW = 1_790_000_000_000;

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
    session = new Session('https://plant.example/twin/');
    beat = () => session.frame.request();
    session.start();
    await open();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
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

  it('offers the machines it sees and keeps to the one it shows', () => {
    latest().rows(1, [[NOW, 'fan 10', false, 'Normal']]);
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

describe('readings that are there before the layout', () => {
  let session: Session;
  let serve: (layout: object) => void;
  const socket = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    FakeSocket.all = [];
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal('document', { hidden: false, addEventListener: vi.fn() });
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    vi.stubGlobal('requestAnimationFrame', (paint: () => void) => setTimeout(paint, 16));
    vi.stubGlobal('fetch', (url: URL) => {
      if (!url.pathname.endsWith('api/dashboard')) return Promise.resolve(new Response('{}'));
      return new Promise((done) => (serve = (answer) => done(new Response(JSON.stringify(answer)))));
    });
    session = new Session('https://plant.example/twin/');
    session.start();
    socket().onopen?.();
    socket().says({ type: 'hello', revision: 'one', now: NOW });
    socket().rows(7, [[NOW, 'fan', false, 'Normal']]);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('are shown with it, by the time at which they came', async () => {
    expect(session.line).toBe('disconnected');
    await vi.advanceTimersByTimeAsync(700);
    serve(layout('one'));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.machine('alerts')?.series.text(1, 0)).toBe('Normal');
    expect(session.now()).toBe(NOW + 700);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('are left out when they are of another one, which is asked for', async () => {
    serve(layout('two'));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.machine('alerts')).toBeNull();
    serve(layout('one'));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.dashboard?.revision).toBe('one');
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('are left out when the line was cut since', async () => {
    socket().onclose?.();
    serve(layout('one'));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.machine('alerts')).toBeNull();
  });
});
