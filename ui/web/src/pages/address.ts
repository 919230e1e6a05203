/** The page of the dashboard in the address: `#performance-trends`. */
import type { Page } from '../protocol';

function slug(title: string): string {
  const words = title
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  return words === '' ? 'page' : words;
}

/** A name for each page, unlike all others: a second "Fans" is `fans-2`. */
export function namesOf(pages: readonly Pick<Page, 'title'>[]): string[] {
  const taken = new Set<string>();
  return pages.map(({ title }) => {
    const wanted = slug(title);
    let name = wanted;
    for (let again = 2; taken.has(name); again += 1) name = `${wanted}-${again}`;
    taken.add(name);
    return name;
  });
}

/** The page that a hash means; the first one when it means none. */
export function pageAt(hash: string, names: readonly string[]): number {
  let name = hash.replace(/^#/, '');
  try {
    name = decodeURIComponent(name);
  } catch {
    return 0; // A hash that somebody cut off in the middle of a letter.
  }
  return Math.max(0, names.indexOf(name));
}
