import { describe, expect, it } from 'vitest';
import { strategyFor } from './strategy';

const SCOPE = 'https://plant.example/twin/';
const SHELL = ['assets/index-a1.js', 'favicon.svg'];
const ask = (path: string, mode = 'cors', method = 'GET'): string =>
  strategyFor({ method, mode, url: new URL(path, SCOPE).href }, SCOPE, SHELL);

describe('the service worker', () => {
  it.each([
    'api/dashboard',
    'api/history/kpis?from=1',
    'ws',
    'predict',
    'docs/',
    '/other/favicon.svg',
    'assets/x.js',
  ])('leaves %s to the server', (path) => {
    expect(ask(path)).toBe('pass');
    expect(ask(path, 'navigate')).toBe('pass');
  });

  it('never touches what is sent', () => {
    expect(ask('api/controls/speed', 'cors', 'POST')).toBe('pass');
    expect(ask('', 'navigate', 'POST')).toBe('pass');
  });

  it('has the page in reserve, and the files with a hash at hand', () => {
    expect(['', 'ui', 'flow', '?kiosk=30#fans'].map((path) => ask(path, 'navigate'))).toEqual(
      Array(4).fill('page'),
    );
    expect(ask('assets/index-a1.js')).toBe('kept');
    expect(ask('favicon.svg')).toBe('fresh');
  });

  it('leaves other hosts alone', () => {
    expect(ask('https://evil.example/twin/favicon.svg')).toBe('pass');
  });
});
