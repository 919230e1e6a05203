/** How much a counter grew by the hour, the day or the shift, as `GET /api/totals/{node}` gives it. */
import * as check from '../check';

export const SPANS = ['hour', 'day', 'shift'] as const;
export type TotalsBy = (typeof SPANS)[number];

export interface Shift {
  readonly name: string;
  /** Local times of day, "06:00". */
  readonly from: string;
  readonly to: string;
}

export interface Cost {
  readonly price: number;
  /** The unit that has this price. */
  readonly per: string;
  readonly currency: string;
}

export interface TotalsSpec {
  readonly shifts: readonly Shift[];
  readonly cost: Cost | null;
}

export interface Bucket {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the shift. */
  readonly name: string | null;
  /** False for one that is still under way, or that was not watched from end to end. */
  readonly whole: boolean;
}

export interface Total {
  readonly unit: string | null;
  /** One for each bucket; null where nothing was recorded. */
  readonly increases: readonly (number | null)[];
  readonly sum: number | null;
  readonly cost: number | null;
}

export interface Totals {
  readonly by: TotalsBy;
  readonly fromMs: number;
  readonly toMs: number;
  /** In the order of their time. */
  readonly buckets: readonly Bucket[];
  readonly fields: Readonly<Record<string, Total>>;
  readonly currency: string | null;
}

function shift(value: unknown, path: string): Shift {
  const raw = check.object(value, path);
  return {
    name: check.text(raw['name'], `${path}.name`),
    from: check.text(raw['from'], `${path}.from`),
    to: check.text(raw['to'], `${path}.to`),
  };
}

function cost(value: unknown, path: string): Cost {
  const raw = check.object(value, path);
  return {
    price: check.finite(raw['price'], `${path}.price`),
    per: check.text(raw['per'], `${path}.per`),
    currency: check.text(raw['currency'], `${path}.currency`),
  };
}

export function totalsSpec(value: unknown, path: string): TotalsSpec {
  const raw = check.object(value, path);
  return {
    shifts: check.optional(raw['shifts'], `${path}.shifts`, (all, at) => check.list(all, at, shift)) ?? [],
    cost: check.optional(raw['cost'], `${path}.cost`, cost),
  };
}

function bucket(value: unknown, path: string): Bucket {
  const raw = check.object(value, path);
  const fromMs = check.finite(raw['from'], `${path}.from`);
  const toMs = check.finite(raw['to'], `${path}.to`);
  if (toMs <= fromMs) check.fail(`${path}.to`, 'a time after the begin of the bucket', toMs);
  return {
    fromMs,
    toMs,
    name: check.optional(raw['name'], `${path}.name`, check.text),
    whole: check.flag(raw['whole'], `${path}.whole`),
  };
}

/** Reads an answer of `GET /api/totals`. Throws a {@link check.ShapeError} for anything else. */
export function parseTotals(value: unknown): Totals {
  const raw = check.object(value, 'totals');
  const buckets = check.list(raw['buckets'], 'buckets', bucket);
  return {
    by: check.oneOf(raw['by'], 'by', SPANS),
    fromMs: check.finite(raw['from'], 'from'),
    toMs: check.finite(raw['to'], 'to'),
    buckets,
    fields: check.record(raw['fields'], 'fields', (entry, path) => {
      const total = check.object(entry, path);
      const increases = check.list(total['increases'], `${path}.increases`, (one, at) =>
        check.optional(one, at, check.finite),
      );
      if (increases.length !== buckets.length)
        check.fail(`${path}.increases`, `a list of ${buckets.length}`, increases);
      return {
        unit: check.optional(total['unit'], `${path}.unit`, check.text),
        increases,
        sum: check.optional(total['sum'], `${path}.sum`, check.finite),
        cost: check.optional(total['cost'], `${path}.cost`, check.finite),
      };
    }),
    currency: check.optional(raw['currency'], 'currency', check.text),
  };
}
