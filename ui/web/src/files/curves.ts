/** The columns of a file as curves. */
import { ALWAYS } from '../archive/need';
import { linesOf } from '../chart/lines';
import type { Source } from '../chart/source';
import { stretchesOf, type Stretch } from '../chart/stretches';
import type { Field, FileColumn, FileRows, Past } from '../protocol';

/** Rows may be missing for so many of their usual intervals before a line breaks. */
const INTERVALS_UNTIL_GAP = 8;

/** A file whose rows are shown beside those of others. */
export interface Shown {
  /** What its lines are called, where there are several. */
  readonly name: string;
  readonly rows: FileRows;
  /** What to take from its times, in milliseconds. */
  readonly startMs: number;
}

/** A column as a field: with title and range, where the layout knows it. */
export function fieldOf(column: FileColumn, known: readonly Field[]): Field {
  const { name, unit } = column;
  const field = known.find((candidate) => candidate.name === name);
  const plain = { name, title: name, unit, range: null, labels: null, slot: 0 };
  return { ...plain, ...field, type: column.kind === 'text' ? 'text' : 'number' };
}

function pastOf({ rows, startMs }: Shown): Past {
  const times = startMs === 0 ? rows.times : rows.times.map((time) => time - startMs);
  const fields = Object.fromEntries(
    Object.entries(rows.values).map(([name, mean]) => [name, { mean, min: null, max: null }]),
  );
  return { fromMs: times[0] ?? 0, toMs: times.at(-1) ?? 0, stepMs: 0, times, fields, states: {} };
}

/** A line for each field of each file. */
export function sourcesOf(files: readonly Shown[], fields: readonly Field[]): Source[] {
  const pasts = new Map(files.map((file) => [file.name, pastOf(file)]));
  return linesOf(
    fields,
    files.map(({ name }) => name),
  ).map((line) => ({
    line,
    series: null,
    past: pasts.get(line.key) ?? null,
    gaps: [ALWAYS],
    before: null,
  }));
}

/** After a longer silence than this nothing is known any more. */
export function gapOf(times: readonly number[]): number {
  const steps = times.slice(1).map((time, i) => time - (times[i] ?? time));
  steps.sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  return Math.max(1000, usual * INTERVALS_UNTIL_GAP);
}

/** What a text column says, as long as it says so. */
export function stretchesIn({ rows, startMs }: Shown, column: string | null): Stretch[] {
  const texts = column === null ? undefined : rows.texts[column];
  if (texts === undefined) return [];
  const times = rows.times.map((time) => time - startMs);
  return stretchesOf(times, texts, times.at(-1) ?? 0);
}
