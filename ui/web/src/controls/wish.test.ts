import { afterEach, describe, expect, it, vi } from 'vitest';
import { sendWish } from './send';
import { agrees, answered, CONFIRM_WITHIN_MS, looked, NONE, shownValue, type Wish } from './wish';

const NOW = 1_000_000;
const sending: Wish = { state: 'sending', value: 75 };

describe('a wish', () => {
  it('is shown until the machine has followed it', () => {
    const taken = answered(sending, null, true, NOW);
    expect(taken).toEqual({ state: 'pending', value: 75, sinceMs: NOW });
    expect(shownValue(taken, 60)).toBe(75);
    expect(looked(taken, 60, null, NOW + 1000)).toBe(taken);
    expect(looked(taken, 75, null, NOW + 1000)).toEqual(NONE);
  });

  it('is not confirmed when the machine has not followed in time, until it does', () => {
    const taken = answered(sending, null, true, NOW);
    const late = looked(taken, 60, null, NOW + CONFIRM_WITHIN_MS);
    expect(late).toEqual({ state: 'unconfirmed', value: 75 });
    expect(shownValue(late, 60)).toBe(60);
    expect(looked(late, 75, null, NOW + 60_000)).toEqual(NONE);
  });

  it('that is refused goes back to what is, with the reason', () => {
    const refused = answered(sending, 'too fast', true, NOW);
    expect(refused).toEqual({ state: 'refused', value: 75, reason: 'too fast' });
    expect(shownValue(refused, 60)).toBe(60);
    expect(looked(refused, 60, null, NOW + 60_000)).toBe(refused);
  });

  it('of a button is done when the server has taken it', () => {
    const done = answered({ state: 'sending', value: true }, null, false, NOW);
    expect(done.state).toBe('done');
    expect(looked(done, null, null, NOW + CONFIRM_WITHIN_MS)).toEqual(NONE);
  });

  it('is not touched by an answer that comes after another has taken its place', () => {
    expect(answered(NONE, 'too late', true, NOW)).toBe(NONE);
  });
});

describe('agreement', () => {
  it.each([
    [75, 75.0000001, null, true],
    [75, 76, null, false],
    [75, 77, 5, true],
    [75, 77.5, 5, false],
    [true, true, null, true],
    [true, 1, null, true],
    [1, true, null, true],
    [false, null, null, false],
    ['manual', 'manual', null, true],
    ['manual', 'automatic', null, false],
    [3, '3', null, true],
    ['x', null, null, false],
  ])('of %j with %j, step %j, is %j', (wished, read, step, agreed) => {
    expect(agrees(wished, read, step)).toBe(agreed);
  });
});

describe('sending', () => {
  afterEach(() => vi.unstubAllGlobals());
  const server = (answer: () => Promise<Response>): ReturnType<typeof vi.fn> => {
    const fetch = vi.fn(answer);
    vi.stubGlobal('fetch', fetch);
    return fetch;
  };

  it('names the control, the value and the machine, and shows that the page is ours', async () => {
    const fetch = server(() => Promise.resolve(new Response('{}')));
    expect(await sendWish('http://twin/ui/', 'a/b', 75, 'fan 1')).toBeNull();
    const [url, request] = fetch.mock.calls[0] as [URL, RequestInit];
    expect(String(url)).toBe('http://twin/ui/api/controls/a%2Fb');
    expect(request).toMatchObject({ method: 'POST', body: '{"value":75,"key":"fan 1"}' });
    expect(request.headers).toMatchObject({ 'x-requested-with': 'twinflow' });
  });

  it('answers with the reason of a refusal, or at least its number', async () => {
    server(() => Promise.resolve(new Response('{"error":"too fast"}', { status: 422 })));
    expect(await sendWish('http://twin/', 'a', 1, '')).toBe('too fast');
    server(() => Promise.resolve(new Response('<html>', { status: 403 })));
    expect(await sendWish('http://twin/', 'a', 1, '')).toBe('The server answered 403.');
  });

  it('says when there is no answer at all', async () => {
    server(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await sendWish('http://twin/', 'a', 1, '')).toBe('The server cannot be reached.');
  });
});
