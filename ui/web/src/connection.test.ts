import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from './connection';
import type { Socket } from './line';
import type { ServerMessage } from './protocol';

const OPEN = 1;
const CLOSED = 3;

class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  readonly sent: string[] = [];
  readyState = OPEN;

  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = CLOSED;
  }
  opens(): void {
    this.onopen?.({} as Event);
  }
  says(message: unknown): void {
    const data = typeof message === 'string' ? message : JSON.stringify(message);
    this.onmessage?.({ data } as MessageEvent);
  }
  drops(): void {
    this.readyState = CLOSED;
    this.onclose?.({} as CloseEvent);
  }
}

const hello = { type: 'hello', revision: 'r', now: 1, replay: null };

describe('the connection', () => {
  let sockets: FakeSocket[];
  let connection: Connection;
  const messages: ServerMessage[] = [];
  const connected = vi.fn<(is: boolean) => void>();
  const unreadable = vi.fn<(reason: unknown) => void>();
  const latest = (): FakeSocket => sockets.at(-1) as FakeSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    messages.length = 0;
    connected.mockClear();
    unreadable.mockClear();
    const open = (): Socket => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    };
    const events = {
      since: () => ({ overview: 1234 }),
      message: (m: ServerMessage) => messages.push(m),
      connected,
      unreadable,
    };
    connection = new Connection(open, events, () => 1);
    connection.restart();
  });
  afterEach(() => vi.useRealTimers());

  it('reads every line of a frame, also those beside one that cannot be read', () => {
    latest().opens();
    const rows = { type: 'rows', stream: 'overview', first: 1, rows: [[1, 'fan', 2]] };
    latest().says([hello, 'nonsense', rows].map((line) => JSON.stringify(line)).join('\n'));
    expect(messages.map(({ type }) => type)).toEqual(['hello', 'rows']);
    expect(unreadable).toHaveBeenCalledOnce();
  });

  it('subscribes from what is held and counts as up from the hello on', () => {
    latest().opens();
    expect(JSON.parse(latest().sent[0] ?? '')).toEqual({ type: 'subscribe', since: { overview: 1234 } });
    expect(connected).not.toHaveBeenCalled();
    latest().says(hello);
    expect(connected).toHaveBeenLastCalledWith(true);
    expect(messages).toEqual([hello]);
  });

  it('comes back after 0.25 s, doubling to 5 s', () => {
    for (const wait of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
      latest().opens();
      latest().drops();
      const before = sockets.length;
      vi.advanceTimersByTime(wait - 1);
      expect(sockets.length).toBe(before);
      vi.advanceTimersByTime(1);
      expect(sockets.length).toBe(before + 1);
    }
    latest().says(hello);
    latest().drops();
    const before = sockets.length;
    vi.advanceTimersByTime(250);
    expect(sockets.length).toBe(before + 1);
  });

  it('gives up a line that has been silent for 10 s', () => {
    latest().says(hello);
    vi.advanceTimersByTime(9_000);
    latest().says(hello);
    vi.advanceTimersByTime(9_999);
    expect(latest().readyState).toBe(OPEN);
    const silent = latest();
    vi.advanceTimersByTime(1);
    expect(silent.readyState).toBe(CLOSED);
    expect(connected).toHaveBeenLastCalledWith(false);
    vi.advanceTimersByTime(250);
    expect(sockets.length).toBe(2);
  });

  it('tries at once when woken while waiting, and only then', () => {
    connection.wake();
    expect(sockets.length).toBe(1);
    latest().drops();
    connection.wake();
    expect(sockets.length).toBe(2);
    vi.advanceTimersByTime(9_000);
    expect(sockets.length).toBe(2);
  });

  it('reports an unreadable frame and goes on', () => {
    latest().says('{"type":"rowz"}');
    latest().says(hello);
    expect(unreadable).toHaveBeenCalledOnce();
    expect(messages).toEqual([hello]);
  });

  it('stays down once stopped', () => {
    connection.stop();
    vi.advanceTimersByTime(60_000);
    expect(sockets.length).toBe(1);
    expect(latest().readyState).toBe(CLOSED);
  });
});
