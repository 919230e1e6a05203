/** What the server has put into the page, so that its first picture has values in it. */
import { parseMe, type Me } from './access/me';
import * as check from './check';
import { messageOf, parseDashboard, type Dashboard, type ServerMessage } from './protocol';

export interface Beginning {
  readonly me: Me;
  /** The layout, and what the line would tell first; null for someone who has to log in. */
  readonly shown: { readonly dashboard: Dashboard; readonly messages: readonly ServerMessage[] } | null;
  /** When the server told it, by our clock, in milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * Reads what stands in the page. Null when there is nothing in it, or nothing that can be read: the page asks for all of it then, and
 * says what is wrong with the answers.
 */
export function readBeginning(text: string, atMs: number): Beginning | null {
  try {
    return check.optional(JSON.parse(text) as unknown, 'beginning', (value, path) => {
      const raw = check.object(value, path);
      return { me: parseMe(raw['me']), shown: check.optional(raw['shown'], 'shown', shown), atMs };
    });
  } catch (reason) {
    console.error('what stands in the page cannot be read', reason);
    return null;
  }
}

function shown(value: unknown, path: string): Beginning['shown'] {
  const raw = check.object(value, path);
  return {
    dashboard: parseDashboard(raw['dashboard']),
    messages: check.list(raw['messages'], `${path}.messages`, messageOf),
  };
}

/** When the server began to answer with this page, by our clock. */
export function answeredMs(): number {
  const [navigation] = performance.getEntriesByType('navigation');
  const sinceMs = navigation instanceof PerformanceNavigationTiming ? navigation.responseStart : 0;
  return Date.now() - (performance.now() - sinceMs);
}
