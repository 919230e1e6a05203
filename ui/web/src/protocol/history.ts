/** The past of a stream, as `GET /api/history/{stream}` gives it. */
import * as check from '../check';
import type { Cell } from './messages';

export type Measured = readonly (number | null)[];

export interface PastField {
  readonly mean: Measured;
  /** Lowest and highest of what a mean stands for; null where readings are given as they came. */
  readonly min: Measured | null;
  readonly max: Measured | null;
}

/** The changes of a code, a text or yes/no (1 and 0), and a sign of life every minute while one lasts. */
export interface PastStates {
  /** Ascending; the first may be before the span: it is the state in which that begins. */
  readonly times: readonly number[];
  readonly values: readonly Cell[];
}

export interface Past {
  readonly fromMs: number;
  readonly toMs: number;
  /** The time that one value stands for; 0 where readings are given as they came. */
  readonly stepMs: number;
  /** Ascending, milliseconds since 1970: the middle of the time that each value stands for. */
  readonly times: readonly number[];
  readonly fields: Readonly<Record<string, PastField>>;
  readonly states: Readonly<Record<string, PastStates>>;
}

// Thousands of numbers: paths are only put together for one that is wrong.
function measured(value: unknown, path: string, count: number): Measured {
  if (!Array.isArray(value) || value.length !== count) {
    return check.fail(path, `a list of ${count}`, value);
  }
  const list = value as unknown[];
  const wrong = list.findIndex((entry) => entry !== null && typeof entry !== 'number');
  return wrong < 0 ? (list as Measured) : check.fail(`${path}[${wrong}]`, 'a number or null', list[wrong]);
}

function states(value: unknown, path: string): PastStates {
  const raw = check.object(value, path);
  const times = check.list(raw['times'], `${path}.times`, check.finite);
  const values = check.list(raw['values'], `${path}.values`, (cell, at): Cell => {
    if (cell === null || typeof cell === 'number' || typeof cell === 'string') return cell;
    return check.fail(at, 'a number, text or null', cell);
  });
  return values.length === times.length
    ? { times, values }
    : check.fail(`${path}.values`, `a list of ${times.length}`, values);
}

/** Reads an answer of `GET /api/history`. Throws a {@link check.ShapeError} for anything else. */
export function parsePast(value: unknown): Past {
  const raw = check.object(value, 'history');
  const times = check.list(raw['times'], 'times', check.finite);
  const column = (entry: unknown, path: string): Measured => measured(entry, path, times.length);
  const stepMs = check.finite(raw['stepMs'], 'stepMs');
  return {
    fromMs: check.finite(raw['fromMs'], 'fromMs'),
    toMs: check.finite(raw['toMs'], 'toMs'),
    stepMs,
    // The server tells when the time begins that a value stands for.
    times: times.map((time) => time + stepMs / 2),
    fields: check.record(raw['fields'], 'fields', (entry, path) => {
      const field = check.object(entry, path);
      return {
        mean: column(field['mean'], `${path}.mean`),
        min: check.optional(field['min'], `${path}.min`, column),
        max: check.optional(field['max'], `${path}.max`, column),
      };
    }),
    states: check.optional(raw['states'], 'states', (all, at) => check.record(all, at, states)) ?? {},
  };
}
