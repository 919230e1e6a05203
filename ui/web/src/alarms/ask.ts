/** Asks the server about alarms. */
import { parseRefusal } from '../protocol';
import type { Operation } from './wishes';

const ANSWER_WITHIN_MS = 10_000;

export interface Asked {
  readonly alarm: string;
  readonly key: string;
  readonly minutes: number | null;
}

/** Answers why it was refused; null when it was done. */
export async function operate(
  base: string,
  node: string,
  operation: Operation,
  { alarm, key, minutes }: Asked,
): Promise<string | null> {
  try {
    const answer = await fetch(new URL(`api/nodes/${encodeURIComponent(node)}/${operation}`, base), {
      method: 'POST',
      // A page of another site cannot send this header unasked: the server takes it for a sign that we are ours.
      headers: { 'content-type': 'application/json', 'x-requested-with': 'twinflow' },
      body: JSON.stringify({ alarm, key, ...(minutes === null ? {} : { minutes }) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (answer.ok) return null;
    return parseRefusal(await answer.text()) ?? `The server answered ${answer.status}.`;
  } catch (reason) {
    const late = reason instanceof DOMException && reason.name === 'TimeoutError';
    return late ? 'The server did not answer in time.' : 'The server cannot be reached.';
  }
}

/** What was read, or a sentence for the operator why it was not. */
export type Answer<T> = { readonly read: T } | { readonly failed: string };

export async function read<T>(
  base: string,
  path: string,
  parse: (value: unknown) => T,
  query: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  const url = new URL(path, base);
  url.search = String(new URLSearchParams(query));
  try {
    const answer = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (!answer.ok)
      return { failed: parseRefusal(await answer.text()) ?? `The server answered ${answer.status}.` };
    return { read: parse(await answer.json()) };
  } catch (reason) {
    // A line that is down is nobody's fault here; an answer that cannot be read is for whoever looks after the server.
    if (reason instanceof TypeError) return { failed: 'The server cannot be reached.' };
    if (reason instanceof DOMException) return { failed: 'The server did not answer in time.' };
    console.error(`${path} cannot be read`, reason);
    return { failed: 'The answer of the server cannot be read.' };
  }
}
