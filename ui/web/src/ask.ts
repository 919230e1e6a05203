/** Asks the server, and says in words why there is no answer. */
import { refusalIn } from './protocol/refusal';

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
  readonly withinMs?: number;
}

/** What stands between the server and us may refuse in other words than JSON: the number has to do then. */
function bodyOf(text: string, ok: boolean): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (reason) {
    if (ok) throw reason;
    return {};
  }
}

export async function ask(
  url: URL,
  { method = 'GET', body, signal, withinMs = ANSWER_WITHIN_MS }: Wish = {},
): Promise<Answer> {
  const limit = AbortSignal.timeout(withinMs);
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
    return { status: answer.status, ok: answer.ok, body: bodyOf(text, answer.ok) };
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason;
    if (reason instanceof SyntaxError) throw new NoAnswer('The answer of the server cannot be read.');
    const late = reason instanceof DOMException && reason.name === 'TimeoutError';
    throw new NoAnswer(late ? 'The server did not answer in time.' : 'The server cannot be reached.');
  }
}

/** What was read, or a sentence for the operator why it was not. */
export type Outcome<T> = { readonly read: T } | { readonly failed: string };

async function outcome<T>(url: URL, wish: Wish, parse: (value: unknown) => T): Promise<Outcome<T>> {
  try {
    const { status, ok, body } = await ask(url, wish);
    if (ok) return { read: parse(body) };
    return { failed: refusalIn(body) ?? `The server answered ${status}.` };
  } catch (reason) {
    if (reason instanceof NoAnswer) return { failed: reason.message };
    // An answer that cannot be read is for whoever looks after the server.
    console.error(`${url.pathname} cannot be read`, reason);
    return { failed: 'The answer of the server cannot be read.' };
  }
}

/** Reads something of the server. @param path relative to `base` */
export function read<T>(
  base: string,
  path: string,
  parse: (value: unknown) => T,
  query: Readonly<Record<string, string>> = {},
): Promise<Outcome<T>> {
  const url = new URL(path, base);
  url.search = String(new URLSearchParams(query));
  return outcome(url, {}, parse);
}

/** Tells the server a wish, and reads what it answers. @param path relative to `base` */
export function post<T>(
  base: string,
  path: string,
  body: unknown,
  parse: (value: unknown) => T,
): Promise<Outcome<T>> {
  return outcome(new URL(path, base), { method: 'POST', body }, parse);
}

/** As {@link post}, of a wish whose answer says nothing: why it was refused, or null when it was taken. */
export async function tell(
  base: string,
  path: string,
  body: unknown,
  withinMs: number = ANSWER_WITHIN_MS,
): Promise<string | null> {
  const done = await outcome(new URL(path, base), { method: 'POST', body, withinMs }, () => null);
  return 'failed' in done ? done.failed : null;
}

/** The address of an operation of a node. */
export function operationPath(node: string, operation: string): string {
  return `api/nodes/${encodeURIComponent(node)}/${operation}`;
}
