import { describe, expect, it } from 'vitest';
import { namesOf, pageAt } from './address';
import { kioskMs } from './kiosk';

describe('the address of a page', () => {
  it('is made of its title, and is unlike all others', () => {
    const titles = ['Process overview', 'Fans', 'Fans!', 'Wärme & Luft', '???'].map((title) => ({ title }));
    expect(namesOf(titles)).toEqual(['process-overview', 'fans', 'fans-2', 'wärme-luft', 'page']);
  });

  it('leads back to the page, also in the form a browser gives it', () => {
    const names = ['fan', 'wärme-luft'];
    expect(pageAt('#wärme-luft', names)).toBe(1);
    expect(pageAt(`#${encodeURIComponent('wärme-luft')}`, names)).toBe(1);
  });

  it('is the first page for anything else', () => {
    expect(['', '#', '#gone', '#%E0%A4%A'].map((hash) => pageAt(hash, ['fan', 'log']))).toEqual([0, 0, 0, 0]);
  });
});

describe('the kiosk', () => {
  it.each([
    ['', null],
    ['?other', null],
    ['?kiosk', 20_000],
    ['?kiosk=30', 30_000],
    ['?kiosk=0.1', 3_000],
    ['?kiosk=yes', 20_000],
    ['?kiosk=-5', 20_000],
  ])('%j turns the page every %j ms', (search, ms) => {
    expect(kioskMs(search)).toBe(ms);
  });
});
