/** The files that a node writes (`GET /api/files/{node}`), and what is in one of them. */
import * as check from '../check';
import type { Measured } from './history';

export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface FileColumn {
  readonly name: string;
  readonly unit: string | null;
  readonly kind: 'number' | 'text';
}

export type Texts = readonly (string | null)[];

/** What is in a stretch of time of a file, thinned to the least and the greatest where there is more than was asked for. */
export interface FileRows {
  /** All columns of the file, in its order, whether asked for or not. */
  readonly columns: readonly FileColumn[];
  /** The machines of the whole file. */
  readonly keys: readonly string[];
  /** Ascending, milliseconds since 1970. */
  readonly times: readonly number[];
  /** By the name of the column. */
  readonly values: Readonly<Record<string, Measured>>;
  readonly texts: Readonly<Record<string, Texts>>;
  /** Of the file in that stretch, of which some are given. */
  readonly rows: number;
  readonly shown: number;
}

function written(value: unknown, path: string): WrittenFile {
  const raw = check.object(value, path);
  return {
    name: check.text(raw['name'], `${path}.name`),
    bytes: check.index(raw['bytes'], `${path}.bytes`),
    modifiedMs: check.finite(raw['modified'], `${path}.modified`),
  };
}

/** Reads the list of a node's files, newest first. Throws a {@link check.ShapeError} for anything else. */
export function parseFiles(value: unknown): readonly WrittenFile[] {
  return check.list(value, 'files', written);
}

function column(value: unknown, path: string): FileColumn {
  const raw = check.object(value, path);
  return {
    name: check.text(raw['name'], `${path}.name`),
    unit: check.optional(raw['unit'], `${path}.unit`, check.text),
    kind: check.oneOf(raw['kind'], `${path}.kind`, ['number', 'text']),
  };
}

// Thousands of cells: paths are only put together for one that is wrong.
function cells<T>(is: (cell: unknown) => cell is T, expected: string, count: number) {
  return (value: unknown, path: string): readonly T[] => {
    if (!Array.isArray(value) || value.length !== count) return check.fail(path, `a list of ${count}`, value);
    const list = value as unknown[];
    const wrong = list.findIndex((cell) => !is(cell));
    return wrong < 0 ? (list as T[]) : check.fail(`${path}[${wrong}]`, expected, list[wrong]);
  };
}

const isMeasured = (cell: unknown): cell is number | null => cell === null || typeof cell === 'number';
const isText = (cell: unknown): cell is string | null => cell === null || typeof cell === 'string';

/** Reads what is in a file. Throws a {@link check.ShapeError} for anything else. */
export function parseFileRows(value: unknown): FileRows {
  const raw = check.object(value, 'file');
  const times = check.list(raw['times'], 'times', check.finite);
  const numbers = cells(isMeasured, 'a number or null', times.length);
  const words = cells(isText, 'text or null', times.length);
  return {
    columns: check.list(raw['columns'], 'columns', column),
    keys: check.list(raw['keys'], 'keys', check.text),
    times,
    values: check.record(raw['values'], 'values', numbers),
    texts: check.optional(raw['texts'], 'texts', (all, at) => check.record(all, at, words)) ?? {},
    rows: check.index(raw['rows'], 'rows'),
    shown: check.index(raw['shown'], 'shown'),
  };
}
