/** Why the server did not do what it was asked to. */
import * as check from '../check';

/** The reason in an answer other than success; null when it gives none. */
export function refusalIn(answer: unknown): string | null {
  try {
    return check.text(check.object(answer, 'answer')['error'], 'error');
  } catch {
    return null;
  }
}
