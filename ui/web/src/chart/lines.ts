/** Which lines a chart has: one a field, and one a machine where all machines are looked at. */
import type { Field } from '../protocol';

/** With more, nobody can tell them apart. */
export const MOST_LINES = 8;

/** Lines differ by their dashes as well as by their colour. */
const TOKENS = ['data', 'data-2', 'data-3', 'data-4'] as const;
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]] as const;

export interface Line {
  readonly field: Field;
  /** The machine; empty when the stream is not kept by machine. */
  readonly key: string;
  readonly name: string;
  readonly token: (typeof TOKENS)[number];
  readonly dash: readonly number[];
  /** The scale of its unit. */
  readonly scale: string;
}

/** The units of the lines in their order; each has a scale, and the first two have an axis. */
export function unitsOf(lines: readonly Line[]): (string | null)[] {
  return [...new Set(lines.map(({ field }) => field.unit))];
}

/** @param keys the machines to show, more than one only where all are looked at. */
export function linesOf(fields: readonly Field[], keys: readonly string[]): Line[] {
  const shown = keys.length > 1 && fields.length * keys.length > MOST_LINES ? fields.slice(0, 1) : fields;
  const units = [...new Set(shown.map(({ unit }) => unit))];
  const pairs = shown.flatMap((field) => keys.map((key) => ({ field, key })));
  return pairs.map(({ field, key }, i) => ({
    field,
    key,
    name: [...(shown.length > 1 ? [field.title] : []), ...(keys.length > 1 ? [key] : [])].join(' · '),
    token: TOKENS[i % TOKENS.length] ?? 'data',
    // The fifth line has the colour of the first, with other dashes.
    dash: DASHES[(i + Math.floor(i / TOKENS.length)) % DASHES.length] ?? [],
    scale: `y${units.indexOf(field.unit) + 1}`,
  }));
}
