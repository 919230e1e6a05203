/** What the server has put into the page, so that its first picture has values in it. */
import { parseMe, type Me } from './access/me';
import * as check from './check';
import { messageOf, parseDashboard, type Dashboard, type ServerMessage } from './protocol';

export interface Beginning {
  readonly me: Me;
  readonly dashboard: Dashboard;
  /** What the line would tell first. */
  readonly messages: readonly ServerMessage[];
  /** When the server told it, by our clock, in milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * Reads what stands in the page. Null when there is nothing in it, as for someone whom the server does not know, or nothing that can be
 * read: the page asks for all of it then, and says what is wrong with the answers.
 */
export function readBeginning(text: string, atMs: number): Beginning | null {
  try {
    return check.optional(JSON.parse(text) as unknown, 'beginning', (value, path) => {
      const raw = check.object(value, path);
      return {
        me: parseMe(raw['me']),
        dashboard: parseDashboard(raw['dashboard']),
        messages: check.list(raw['messages'], 'messages', messageOf),
        atMs,
      };
    });
  } catch (reason) {
    console.error('what stands in the page cannot be read', reason);
    return null;
  }
}

/** When the server began to answer with this page, by our clock. */
export function answeredMs(): number {
  const [navigation] = performance.getEntriesByType('navigation');
  const sinceMs = navigation instanceof PerformanceNavigationTiming ? navigation.responseStart : 0;
  return Date.now() - (performance.now() - sinceMs);
}
