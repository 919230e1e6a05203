/** Why the server did not do what it was asked to. */
import * as check from '../check';

/** Reads the body of an answer other than success; null when it gives no reason. */
export function parseRefusal(body: string): string | null {
  try {
    return check.text(check.object(JSON.parse(body) as unknown, 'answer')['error'], 'error');
  } catch {
    return null;
  }
}
