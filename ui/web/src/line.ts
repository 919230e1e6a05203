/** The way to the server's live rows. */
import type { Subscribe } from './protocol/messages';

/** What is used of a WebSocket. */
export interface Socket {
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  send(text: string): void;
  close(): void;
}

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
