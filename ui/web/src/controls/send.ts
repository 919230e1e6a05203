/** Tells the server a wish. */
import { parseRefusal } from '../protocol';
import type { Value } from './wish';

const ANSWER_WITHIN_MS = 10_000;

/** Answers why the wish was refused; null when it was taken. */
export async function sendWish(base: string, id: string, value: Value, key: string): Promise<string | null> {
  try {
    const answer = await fetch(new URL(`api/controls/${encodeURIComponent(id)}`, base), {
      method: 'POST',
      // A page of another site cannot send this header unasked: the server takes it for a sign that we are ours.
      headers: { 'content-type': 'application/json', 'x-requested-with': 'twinflow' },
      body: JSON.stringify(key === '' ? { value } : { value, key }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (answer.ok) return null;
    return parseRefusal(await answer.text()) ?? `The server answered ${answer.status}.`;
  } catch (reason) {
    const late = reason instanceof DOMException && reason.name === 'TimeoutError';
    return late ? 'The server did not answer in time.' : 'The server cannot be reached.';
  }
}
