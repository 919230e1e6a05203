import { expect, it } from 'vitest';
import { Structured } from './structured';

it('is the same in any order of its members, and is sent as it was', () => {
  const fault = new Structured({ severity: 0.9, class: 'imbalance' });
  expect(fault.is('{"class":"imbalance","severity":0.9}')).toBe(true);
  expect(fault.is('{"class":"imbalance","severity":0.8}')).toBe(false);
  expect(fault.is('no JSON')).toBe(false);
  expect(JSON.stringify({ value: fault })).toBe('{"value":{"severity":0.9,"class":"imbalance"}}');
});
