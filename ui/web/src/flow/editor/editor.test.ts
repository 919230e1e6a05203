import { describe, expect, it } from 'vitest';
import { parseChecked, parseSaved, type Diagnostic } from '../../protocol/edit';
import { diff, shortened } from './diff';
import { rangeOf } from './ranges';
import { linesOf, nodeAt, sectionsOf } from './sections';

const TEXT = `twinflow: 1
nodes:
  fan:
    type: mqtt-in
    # About it.
    topic: fan

  # What it needs.
  kpis: { type: kpi, from: fan }
  "odd name":
    type: kpi

tests:
  kpis: {}
`;

describe('the lines of a node', () => {
  it('are found by its name', () => {
    expect(sectionsOf(TEXT)).toEqual([
      { name: 'fan', lines: [3, 6] },
      { name: 'kpis', lines: [9, 9] },
      { name: 'odd name', lines: [10, 11] },
    ]);
  });

  it('are those of the server where the name is not found', () => {
    expect(linesOf(TEXT, { id: 'fan', lines: [1, 1] })).toEqual([3, 6]);
    expect(linesOf(TEXT, { id: 'copy-1', lines: [4, 5] })).toEqual([4, 5]);
    expect(linesOf(TEXT, { id: 'gone', lines: [40, 41] })).toBeNull();
  });

  it('lead back to the node', () => {
    expect([2, 3, 5, 7, 9, 13].map((line) => nodeAt(TEXT, line))).toEqual([
      null,
      'fan',
      'fan',
      null,
      'kpis',
      null,
    ]);
  });
});

describe('the marks of a diagnostic', () => {
  const at = (line: number | null, column: number | null, endLine: number | null, endColumn: number | null) =>
    ({ line, column, endLine, endColumn }) as Diagnostic;
  const marked = (text: string, where: Diagnostic): string => {
    const { from, to } = rangeOf(text, where);
    return text.slice(from, to);
  };

  it('stand at its characters', () => {
    expect(marked(TEXT, at(4, 11, 4, 18))).toBe('mqtt-in');
    expect(marked('a: 🌡️°C rest\nb', at(1, 7, 1, 8))).toBe('C');
    expect(marked('one\ntwo\nthree', at(1, 3, 3, 2))).toBe('e\ntwo\nt');
  });

  it('are never empty where there is something to mark', () => {
    expect(marked(TEXT, at(4, 11, 4, 11))).toBe('mqtt-in');
    expect(marked('a: [', at(1, 5, 1, 5))).toBe('[');
    expect(marked('a: [', at(1, 4, null, null))).toBe('[');
    expect(marked('one\ntwo', at(null, null, null, null))).toBe('one');
    expect(rangeOf('', at(9, 9, 9, 9))).toEqual({ from: 0, to: 0 });
  });
});

describe('a diff', () => {
  const signs = (before: string, after: string): string[] =>
    diff(before, after).map(({ kind, text }) => `${{ same: ' ', removed: '-', added: '+' }[kind]}${text}`);

  it('tells line by line what becomes of a text', () => {
    expect(signs('a\nb\nc\nd', 'a\nx\nc\nd\ne')).toEqual([' a', '-b', '+x', ' c', ' d', '+e']);
    expect(signs('a', 'a')).toEqual([' a']);
    expect(signs('', 'a')).toEqual(['-', '+a']);
    expect(signs('a\nb\na\nb', 'a\nb')).toEqual([' a', ' b', '-a', '-b']);
  });

  it('gives the lines their numbers', () => {
    expect(diff('a\nb\nc', 'b\nc\nd').map(({ before, after }) => [before, after])).toEqual([
      [1, null],
      [2, 1],
      [3, 2],
      [null, 3],
    ]);
  });

  it('leads from one text to the other, whatever they are', () => {
    const texts = ['', 'a\nb\nc', 'c\nb\na', 'a\na\na\nb', 'b\n\n\na', 'x\ny'];
    for (const before of texts) {
      for (const after of texts) {
        const lines = diff(before, after);
        const without = (kind: string): string =>
          lines
            .filter((line) => line.kind !== kind)
            .map(({ text }) => text)
            .join('\n');
        expect([without('added'), without('removed')]).toEqual([before, after]);
      }
    }
  });

  it('leaves out what is far from every change', () => {
    const before = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const after = before.with(15, 'another');
    const rows = shortened(diff(before.join('\n'), after.join('\n')));
    expect(rows.map((row) => (row.kind === 'gap' ? row.count : row.kind[0]))).toEqual([
      12,
      ...['s', 's', 's', 'r', 'a', 's', 's', 's'],
      11,
    ]);
  });
});

describe('the answers of the server', () => {
  it('are read, with a help of one line or of several', () => {
    const found = { severity: 'error', code: 'E1', message: 'no', path: 'flow.yaml', line: 3 };
    expect(
      parseChecked({ ok: false, diagnostics: [{ ...found, help: 'try this' }, found] }).diagnostics,
    ).toEqual([
      { ...found, help: ['try this'], column: null, endLine: null, endColumn: null, label: null },
      { ...found, help: [], column: null, endLine: null, endColumn: null, label: null },
    ]);
  });

  it('to a save are told apart', () => {
    expect(parseSaved(200, { revision: 'b', diagnostics: [] })).toMatchObject({
      kind: 'saved',
      revision: 'b',
    });
    expect(parseSaved(409, { error: 'changed', text: 'a' })).toEqual({
      kind: 'conflict',
      text: 'a',
      revision: null,
    });
    expect(parseSaved(422, { error: 'wrong', diagnostics: [] })).toMatchObject({ kind: 'wrong' });
    expect(parseSaved(403, { error: 'not allowed' })).toEqual({ kind: 'refused', why: 'not allowed' });
    expect(parseSaved(500, {})).toEqual({ kind: 'refused', why: 'The server answered 500.' });
  });
});
