/** What the service worker does with a request. Only the files of the page are ever kept, never an answer of the API. */

export type Strategy =
  /** Not its business: the request goes as if there were no worker. */
  | 'pass'
  /** The page itself: from the server; without one, as it was kept. */
  | 'page'
  /** A file with a hash in its name: as it was kept. */
  | 'kept'
  /** A file that can change under its name: from the server, without one as it was kept. */
  | 'fresh';

export interface Asked {
  readonly method: string;
  readonly mode: string;
  readonly url: string;
}

/** Addresses under which the server gives the page. */
const PAGES = ['', 'ui', 'flow', 'index.html'];

/** @param shell the files that were kept, relative to the scope. */
export function strategyFor(asked: Asked, scope: string, shell: readonly string[]): Strategy {
  const url = new URL(asked.url);
  if (asked.method !== 'GET' || !(url.origin + url.pathname).startsWith(scope)) return 'pass';
  const path = (url.origin + url.pathname).slice(scope.length);
  if (asked.mode === 'navigate') return PAGES.includes(path) ? 'page' : 'pass';
  if (!shell.includes(path)) return 'pass';
  return path.startsWith('assets/') ? 'kept' : 'fresh';
}
