/** The way to the server's live rows. */
import type { Subscribe } from './protocol/messages';

/** What is used of a WebSocket. */
export interface Socket {
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  readonly readyState: number;
  send(text: string): void;
  close(): void;
}

/** The state of a WebSocket that is open; those after it are of one that is not any more. */
export const OPEN = 1;

/** Where it is, for a page at `base`. */
export function socketUrl(base: string): URL {
  const url = new URL('ws', base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

export function subscription(since: Record<string, number>): string {
  const subscribe: Subscribe = { type: 'subscribe', since };
  return JSON.stringify(subscribe);
}

/** A line that is opened before there is anybody to listen: what it brings is kept until then. */
export class EarlyLine {
  private readonly kept: MessageEvent[] = [];

  constructor(private readonly socket: Socket) {
    socket.onopen = () => socket.send(subscription({}));
    socket.onmessage = (event) => this.kept.push(event);
  }

  /** Gives the socket away, with what it has brought. */
  take(): readonly [Socket, readonly MessageEvent[]] {
    return [this.socket, this.kept];
  }
}
