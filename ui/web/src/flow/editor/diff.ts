/** What is another in a text, line by line. */

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  /** Its number before and after, from 1. */
  readonly before: number | null;
  readonly after: number | null;
  readonly text: string;
}

export interface DiffGap {
  readonly kind: 'gap';
  /** How many lines are left out that are the same. */
  readonly count: number;
}

/** Beyond so many pairs of lines, comparing each with each would take too long: then all of the middle counts as another. */
const MOST_PAIRS = 6_000_000;
const CONTEXT = 3;

/** The lengths of the longest common parts of what is left from each pair of lines on. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const row = table[i];
    const next = table[i + 1];
    if (row === undefined || next === undefined) continue;
    for (let j = after.length - 1; j >= 0; j -= 1) {
      row[j] = before[i] === after[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

function sharedStart(before: readonly string[], after: readonly string[]): number {
  const most = Math.min(before.length, after.length);
  let count = 0;
  while (count < most && before[count] === after[count]) count += 1;
  return count;
}

function sharedEnd(before: readonly string[], after: readonly string[], most: number): number {
  let count = 0;
  while (count < most && before.at(-1 - count) === after.at(-1 - count)) count += 1;
  return count;
}

export function diff(textBefore: string, textAfter: string): readonly DiffLine[] {
  const before = textBefore.split('\n');
  const after = textAfter.split('\n');
  const start = sharedStart(before, after);
  const end = sharedEnd(before, after, Math.min(before.length, after.length) - start);
  const [oldLines, newLines] = [
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  ];
  const table = oldLines.length * newLines.length > MOST_PAIRS ? null : commonLengths(oldLines, newLines);
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  const same = (text: string, at: number, to: number): void => {
    found.push({ kind: 'same', before: at + 1, after: to + 1, text });
  };
  before.slice(0, start).forEach((text, at) => same(text, at, at));
  while (i < oldLines.length || j < newLines.length) {
    const [old, fresh] = [oldLines[i], newLines[j]];
    if (table !== null && old !== undefined && old === fresh) {
      same(old, start + i, start + j);
      i += 1;
      j += 1;
    } else if (
      old !== undefined &&
      (fresh === undefined || table === null || (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))
    ) {
      found.push({ kind: 'removed', before: start + i + 1, after: null, text: old });
      i += 1;
    } else {
      found.push({ kind: 'added', before: null, after: start + j + 1, text: fresh ?? '' });
      j += 1;
    }
  }
  before
    .slice(before.length - end)
    .forEach((text, k) => same(text, before.length - end + k, after.length - end + k));
  return found;
}

/** Only what changed, with some lines around it. */
export function shortened(lines: readonly DiffLine[]): readonly (DiffLine | DiffGap)[] {
  const near = lines.map((_, i) =>
    lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ kind }) => kind !== 'same'),
  );
  const found: (DiffLine | DiffGap)[] = [];
  lines.forEach((line, i) => {
    const last = found.at(-1);
    if (near[i] === true) found.push(line);
    else if (last?.kind === 'gap') found[found.length - 1] = { kind: 'gap', count: last.count + 1 };
    else found.push({ kind: 'gap', count: 1 });
  });
  return found;
}
