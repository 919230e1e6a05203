import { describe, expect, it } from 'vitest';
import { parseTotals, totalsSpec } from './totals';

const answer = {
  by: 'hour',
  from: 0,
  to: 7_200_000,
  buckets: [
    { from: 0, to: 3_600_000, name: null, whole: true },
    { from: 3_600_000, to: 7_200_000, name: null, whole: false },
  ],
  fields: { energy: { unit: 'Wh', increases: [12.3, null], sum: 12.3, cost: 0.03 } },
  currency: '€',
};

describe('totals', () => {
  it('are read as the server sends them', () => {
    const totals = parseTotals(answer);
    expect(totals.buckets[1]).toEqual({ fromMs: 3_600_000, toMs: 7_200_000, name: null, whole: false });
    expect(totals.fields['energy']).toEqual(answer.fields.energy);
  });

  it('are refused when a field has another number of values than there are buckets', () => {
    const short = { ...answer, fields: { energy: { ...answer.fields.energy, increases: [1] } } };
    expect(() => parseTotals(short)).toThrow(
      'fields.energy.increases: expected a list of 2, found a list of 1',
    );
  });

  it('are refused with a bucket that ends before it begins', () => {
    const odd = { ...answer, buckets: [{ from: 5, to: 5, name: null, whole: true }] };
    expect(() => parseTotals(odd)).toThrow('buckets[0].to: expected a time after the begin of the bucket');
  });

  it('have neither shifts nor cost where the layout gives none', () => {
    expect(totalsSpec({ shifts: [], cost: null }, 'w')).toEqual({ shifts: [], cost: null });
    expect(totalsSpec({}, 'w')).toEqual({ shifts: [], cost: null });
  });
});
