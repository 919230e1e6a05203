import { describe, expect, it } from 'vitest';
import type { Field, FieldType } from '../protocol';
import { driversOf, isExplanation } from './drivers';

function field(name: string, type: FieldType, slot: number): Field {
  return { name, title: name, unit: null, type, range: null, labels: null, slot };
}

describe('the drivers of a verdict', () => {
  const fields = [
    field('fault_label', 'text', 0),
    field('driver_1', 'text', 1),
    field('driver_1_share', 'number', 2),
    field('driver_2', 'text', 3),
    field('drivers', 'text', 4),
    field('driver_name', 'text', 5),
  ];

  it('are those that have a share', () => {
    expect(driversOf(fields).map(({ feature, share }) => [feature.slot, share.slot])).toEqual([[1, 2]]);
  });

  it('are told from the parts of the advice', () => {
    expect(fields.filter(isExplanation).map(({ slot }) => slot)).toEqual([1, 2, 3, 4]);
  });
});
