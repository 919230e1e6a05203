/** A field of a widget, and the values that can be chosen for one. */
import * as check from '../check';
import { Structured } from './structured';

export const FIELD_TYPES = ['number', 'integer', 'boolean', 'text', 'time', 'json'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export type Range = readonly [low: number, high: number];

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly unit: string | null;
  readonly type: FieldType;
  readonly range: Range | null;
  /** Words for the codes of an integer or boolean field, by the code as text. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** Position among the values of a row. */
  readonly slot: number;
}

export interface Option {
  readonly value: string | number | boolean | Structured;
  readonly label: string;
}

export function range(value: unknown, path: string): Range {
  const ends = check.list(value, path, check.finite);
  const [low, high] = ends;
  if (ends.length !== 2 || low === undefined || high === undefined || low >= high) {
    return check.fail(path, 'two numbers, the lower first', value);
  }
  return [low, high];
}

export function field(value: unknown, path: string): Field {
  const raw = check.object(value, path);
  const name = check.text(raw['name'], `${path}.name`);
  return {
    name,
    title: check.optional(raw['title'], `${path}.title`, check.text) ?? name,
    unit: check.optional(raw['unit'], `${path}.unit`, check.text),
    type: check.oneOf(raw['type'], `${path}.type`, FIELD_TYPES),
    range: check.optional(raw['range'], `${path}.range`, range),
    labels: check.optional(raw['labels'], `${path}.labels`, (labels, at) =>
      check.record(labels, at, check.text),
    ),
    slot: check.index(raw['slot'], `${path}.slot`),
  };
}

/** A value that can be set: anything but null. */
export function settable(said: unknown, path: string): Option['value'] {
  if (typeof said === 'object' && said !== null) return new Structured(said);
  const plain = typeof said === 'string' || typeof said === 'number' || typeof said === 'boolean';
  return plain ? said : check.fail(path, 'a value', said);
}

export function option(value: unknown, path: string): Option {
  const raw = check.object(value, path);
  const said = raw['value'];
  return {
    value: settable(said, `${path}.value`),
    label: check.optional(raw['label'], `${path}.label`, check.text) ?? String(said),
  };
}
