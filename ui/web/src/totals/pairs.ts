/** Totals beside those of the same stretch before. */
import type { Bucket, Totals, TotalsBy } from '../protocol';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long a stretch is, and how far back the one is that it is compared with. */
export const STRETCHES: Record<
  TotalsBy,
  { readonly spanMs: number; readonly now: string; readonly before: string }
> = {
  hour: { spanMs: DAY_MS, now: 'Last 24 h', before: '24 h before' },
  day: { spanMs: 30 * DAY_MS, now: 'Last 30 days', before: '30 days before' },
  shift: { spanMs: 7 * DAY_MS, now: 'Last 7 days', before: '7 days before' },
};

export interface Compared {
  readonly now: Totals;
  /** Null when it could not be had. */
  readonly before: Totals | null;
}

export interface Bar {
  readonly bucket: Bucket;
  /** Null where nothing was recorded. */
  readonly amount: number | null;
  readonly before: number | null;
}

/**
 * The bars of a field. A bucket before is the one that began a stretch earlier, give or take half its length: when the
 * clocks change, a day has an hour more or less.
 */
export function barsOf({ now, before }: Compared, field: string): Bar[] {
  const increases = now.fields[field]?.increases ?? [];
  const earlier = before?.fields[field]?.increases ?? [];
  const { spanMs } = STRETCHES[now.by];
  return now.buckets.map((bucket, i) => {
    const wanted = bucket.fromMs - spanMs;
    const half = (bucket.toMs - bucket.fromMs) / 2;
    const at = before?.buckets.findIndex(({ fromMs }) => Math.abs(fromMs - wanted) < half) ?? -1;
    return { bucket, amount: increases[i] ?? null, before: earlier[at] ?? null };
  });
}

/** By how many per cent a sum is more than the one before; null when there is nothing to compare. */
export function changeOf(sum: number | null, before: number | null): number | null {
  if (sum === null || before === null || before === 0) return null;
  return (100 * (sum - before)) / Math.abs(before);
}

/** Marks of a scale from nought to just above the highest bar: two to five, a round step apart. */
export function marksTo(most: number): readonly number[] {
  if (!(most > 0)) return [0, 1];
  const size = 10 ** Math.floor(Math.log10(most));
  const step = [0.2, 0.5, 1, 2, 5].map((of) => of * size).find((of) => most / of <= 4) ?? 5 * size;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}
