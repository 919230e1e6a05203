/** Asks the server, and says in words why there is no answer. */

const ANSWER_WITHIN_MS = 10_000;

export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly body: unknown;
}

/** There was no answer, or none that can be read. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

interface Wish {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export async function ask(url: URL, { method = 'GET', body, signal }: Wish = {}): Promise<Answer> {
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    const answer = await fetch(url, {
      method,
      cache: 'no-store',
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      // A page of another site cannot send this header unasked: the server takes it for a sign that we are ours.
      headers:
        body === undefined ? {} : { 'content-type': 'application/json', 'x-requested-with': 'twinflow' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, ok: answer.ok, body: text === '' ? {} : (JSON.parse(text) as unknown) };
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason;
    if (reason instanceof SyntaxError) throw new NoAnswer('The answer of the server cannot be read.');
    const late = reason instanceof DOMException && reason.name === 'TimeoutError';
    throw new NoAnswer(late ? 'The server did not answer in time.' : 'The server cannot be reached.');
  }
}
