/** The past of a stream, as `GET /api/history/{stream}` gives it. */
import * as check from '../check';

export type Measured = readonly (number | null)[];

export interface PastField {
  readonly mean: Measured;
  /** Lowest and highest of what a mean stands for; null where readings are given as they came. */
  readonly min: Measured | null;
  readonly max: Measured | null;
}

export interface Past {
  readonly fromMs: number;
  readonly toMs: number;
  /** The time that one value stands for; 0 where readings are given as they came. */
  readonly stepMs: number;
  /** Ascending, milliseconds since 1970. */
  readonly times: readonly number[];
  readonly fields: Readonly<Record<string, PastField>>;
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

/** Reads an answer of `GET /api/history`. Throws a {@link check.ShapeError} for anything else. */
export function parsePast(value: unknown): Past {
  const raw = check.object(value, 'history');
  const times = check.list(raw['times'], 'times', check.finite);
  const column = (entry: unknown, path: string): Measured => measured(entry, path, times.length);
  return {
    fromMs: check.finite(raw['fromMs'], 'fromMs'),
    toMs: check.finite(raw['toMs'], 'toMs'),
    stepMs: check.finite(raw['stepMs'], 'stepMs'),
    times,
    fields: check.record(raw['fields'], 'fields', (entry, path) => {
      const field = check.object(entry, path);
      return {
        mean: column(field['mean'], `${path}.mean`),
        min: check.optional(field['min'], `${path}.min`, column),
        max: check.optional(field['max'], `${path}.max`, column),
      };
    }),
  };
}
