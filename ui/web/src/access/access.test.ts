import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from './access.svelte';
import { lacking, parseMe, type Me } from './me';

const NOBODY: Me = { name: null, role: null, loginRequired: true, canLogOut: false };
const ANNA: Me = { name: 'anna', role: 'viewer', loginRequired: true, canLogOut: true };
const LOCAL: Me = { name: 'local', role: 'engineer', loginRequired: false, canLogOut: false };

describe('what one may do', () => {
  it('is what the role may, and what those before it may', () => {
    expect(lacking(ANNA, 'viewer')).toBeNull();
    expect(lacking(ANNA, 'operator')).toBe('Needs the role operator; anna is viewer');
    expect(lacking({ ...ANNA, role: 'engineer' }, 'operator')).toBeNull();
  });
  it('is everything where nobody is asked, and where the server says nothing of it', () => {
    expect(lacking(LOCAL, 'engineer')).toBeNull();
    expect(lacking(null, 'engineer')).toBeNull();
  });
  it('is not guessed from an answer that is none', () => {
    expect(() => parseMe({ ...ANNA, role: 'boss' })).toThrow(
      'role: expected one of viewer, operator, engineer',
    );
    expect(() => parseMe({})).toThrow('loginRequired');
  });
});

describe('access', () => {
  let answer: () => Promise<Response>;
  let sent: [string, RequestInit | undefined][];
  const beginAnew = vi.fn();
  const access = (): Access => new Access('https://plant.example/twin/', beginAnew);
  const says = (body: object, status = 200): void => {
    answer = () => Promise.resolve(new Response(JSON.stringify(body), { status }));
  };

  beforeEach(() => {
    sent = [];
    beginAnew.mockReset();
    vi.stubGlobal('fetch', (url: URL, init?: RequestInit) => {
      sent.push([String(url), init]);
      return answer();
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('asks for a log-in when the server does, and not before it has said so', async () => {
    const asked = access();
    expect(asked.mustLogIn).toBe(false);
    says(NOBODY);
    await asked.look();
    expect(asked.mustLogIn).toBe(true);
    says(LOCAL);
    const local = access();
    await local.look();
    expect(local.mustLogIn).toBe(false);
  });

  it('keeps what it knows while the server is away or answers nonsense', async () => {
    const asked = access();
    says(ANNA);
    await asked.look();
    answer = () => Promise.reject(new TypeError('away'));
    await asked.look();
    says({});
    await asked.look();
    says({ error: 'no' }, 502);
    await asked.look();
    expect(asked.me?.name).toBe('anna');
    expect(beginAnew).not.toHaveBeenCalled();
  });

  it('begins anew when the session is over, so that nothing of it is left on the page', async () => {
    const asked = access();
    says(ANNA);
    await asked.look();
    says(NOBODY);
    await asked.look();
    expect(beginAnew).toHaveBeenCalledOnce();
  });

  it('logs in as the page does it, and begins anew', async () => {
    says(ANNA);
    expect(await access().logIn('anna', 'secret')).toBeNull();
    const [url, init] = sent[0] ?? [];
    expect(url).toBe('https://plant.example/twin/api/login');
    expect(init?.headers).toMatchObject({ 'x-requested-with': 'twinflow' });
    expect(init?.body).toBe('{"name":"anna","password":"secret"}');
    expect(beginAnew).toHaveBeenCalledOnce();
  });

  it('says in the words of the server why not', async () => {
    says({ error: 'too many tries; try again in 50 s' }, 429);
    expect(await access().logIn('anna', 'secret')).toBe('too many tries; try again in 50 s');
    answer = () => Promise.reject(new TypeError('away'));
    expect(await access().logOut()).toBe('The server cannot be reached.');
    expect(beginAnew).not.toHaveBeenCalled();
  });
});
