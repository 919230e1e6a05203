/** Where a node stands in the text of its file, also while that is being changed. */

export type Lines = readonly [first: number, last: number];

interface Section {
  readonly name: string;
  readonly lines: Lines;
}

const KEY = /^(\s*)(?:"([^"]+)"|'([^']+)'|([^\s:#'"][^:#]*?))\s*:(?:\s|$)/;

const indentOf = (line: string): number => line.length - line.trimStart().length;
const isSilent = (line: string): boolean => line.trim() === '' || line.trimStart().startsWith('#');

/** The entries of `nodes:` in their order. The engine reads the file; this only has to find its way about in it. */
export function sectionsOf(text: string): readonly Section[] {
  const lines = text.split('\n');
  const sections: { name: string; lines: [number, number] }[] = [];
  let within = false;
  let depth: number | null = null;
  lines.forEach((line, i) => {
    if (isSilent(line)) return;
    const indent = indentOf(line);
    if (indent === 0) {
      within = /^nodes\s*:/.test(line);
      return;
    }
    if (!within) return;
    depth ??= indent;
    const key = indent === depth ? KEY.exec(line) : null;
    if (key !== null) sections.push({ name: key[2] ?? key[3] ?? key[4] ?? '', lines: [i + 1, i + 1] });
    else if (sections.length > 0) sections[sections.length - 1]?.lines.splice(1, 1, i + 1);
  });
  return sections;
}

/** The lines of a node: where its name stands now; else where the server says. */
export function linesOf(text: string, node: { readonly id: string; readonly lines: Lines }): Lines | null {
  const found = sectionsOf(text).find(({ name }) => name === node.id);
  if (found !== undefined) return found.lines;
  return node.lines[0] > 0 && node.lines[0] <= text.split('\n').length ? node.lines : null;
}

/** The node that a line belongs to. */
export function nodeAt(text: string, line: number): string | null {
  const found = sectionsOf(text).find(({ lines: [first, last] }) => first <= line && line <= last);
  return found?.name ?? null;
}
