import { describe, expect, it } from 'vitest';
import { curveOf, KEPT_MS, perSecond, queueFull, ratesOf, recent, withSample, type Sample } from './rates';

const sample = (atMs: number, count: number, more: Partial<Sample> = {}): Sample => ({
  atMs,
  received: count,
  emitted: count,
  dropped: 0,
  errors: 0,
  batches: count,
  batchSeconds: count * 0.002,
  queue: null,
  ...more,
});
const after = (...samples: Sample[]): readonly Sample[] =>
  samples.reduce<readonly Sample[]>((kept, next) => withSample(kept, next), []);

describe('rates', () => {
  it('are not known from one look', () => {
    expect(ratesOf([])).toMatchObject({ received: null, batchMs: null });
    expect(ratesOf(after(sample(1000, 5)))).toMatchObject({ received: null, emitted: null });
  });

  it('are taken over the last seconds', () => {
    const samples = after(
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((s) => sample(s * 1000, s < 3 ? 100 * s : 200 + 5 * s)),
    );
    expect(ratesOf(samples).received).toBeCloseTo((235 - 200) / 5);
    expect(ratesOf(samples).batchMs).toBeCloseTo(2);
  });

  it('have no time for a batch when there was none', () => {
    expect(ratesOf(after(sample(0, 7), sample(1000, 7)))).toMatchObject({ received: 0, batchMs: null });
  });

  it('begin anew when the flow does, and when an edit replaces the node', () => {
    const restarted = after(sample(90_000, 400), sample(91_000, 405), sample(1_000, 3));
    expect(restarted).toHaveLength(1);
    expect(ratesOf(restarted).received).toBeNull();
    const replaced = after(sample(90_000, 400), sample(91_000, 2), sample(92_000, 7));
    expect(ratesOf(replaced).received).toBe(5);
  });

  it('never divide by no time', () => {
    const samples = after(sample(0, 0), sample(1000, 5), sample(1000, 6));
    expect(samples).toHaveLength(2);
    expect(ratesOf(samples).received).toBe(6);
  });

  it('keep what a curve shows, and no more', () => {
    const samples = after(...Array.from({ length: 300 }, (_, s) => sample(s * 1000, s * 4)));
    expect(samples).toHaveLength(KEPT_MS / 1000 + 1);
    expect(new Set(curveOf(samples, perSecond('received')).values)).toEqual(new Set([4]));
  });

  it('tell of errors for a while', () => {
    const looks = [0, 1, 2, 3].map((s) => sample(s * 1000, s, { errors: s === 0 ? 7 : 9 }));
    expect(recent(after(...looks), 'errors')).toBe(2);
    const later = [
      ...looks,
      ...Array.from({ length: 40 }, (_, s) => sample((s + 4) * 1000, 9, { errors: 9 })),
    ];
    expect(recent(after(...later), 'errors')).toBe(0);
  });

  it('call a queue full that stays so', () => {
    const look = (s: number, waiting: number): Sample => sample(s, 0, { queue: { waiting, capacity: 8 } });
    expect(queueFull(after(look(1, 8), look(2, 8)))).toBe(false);
    expect(queueFull(after(look(1, 8), look(2, 7), look(3, 8)))).toBe(false);
    expect(queueFull(after(look(1, 2), look(2, 8), look(3, 8), look(4, 8)))).toBe(true);
  });
});
