/** Where a diagnostic stands in a text: from lines and columns in characters to the places of the editor. */
import type { Diagnostic } from '../../protocol/edit';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** @param column from 1, in characters: a character beyond the basic plane is two places of the editor. */
function placeAt(lines: readonly string[], line: number, column: number): number {
  const at = Math.min(Math.max(1, line), lines.length) - 1;
  const before = lines.slice(0, at).reduce((sum, text) => sum + text.length + 1, 0);
  const text = lines[at] ?? '';
  return before + [...text].slice(0, Math.max(0, column - 1)).join('').length;
}

/** What concerns the file as a whole is marked at its first line. */
export function rangeOf(text: string, diagnostic: Diagnostic): Span {
  const lines = text.split('\n');
  const { line, column, endLine, endColumn } = diagnostic;
  if (line === null) return { from: 0, to: lines[0]?.length ?? 0 };
  const from = placeAt(lines, line, column ?? 1);
  const to = endLine === null ? from : placeAt(lines, endLine, endColumn ?? 1);
  if (to > from) return { from, to };
  // Nothing to underline: the rest of the word, or else one letter before it.
  const rest = /^[\w.-]+/.exec(text.slice(from))?.[0].length ?? 0;
  if (rest > 0) return { from, to: from + rest };
  return text[from] === undefined || text[from] === '\n'
    ? { from: Math.max(0, from - 1), to: from }
    : { from, to: from + 1 };
}
