/** What drove a verdict: the pairs of fields `driver_1` and `driver_1_share` that `classify` gives with `explain`. */
import type { Field } from '../protocol';

export interface Driver {
  /** Which feature it was. */
  readonly feature: Field;
  /** How much likelier it made the class, −1 to 1. */
  readonly share: Field;
}

/** Whether a field belongs to an explanation, and is no part of the advice itself. */
export function isExplanation({ name }: Field): boolean {
  return /^driver(s|_\d+(_share)?)$/.test(name);
}

/** The pairs among the fields of a widget, in their order. */
export function driversOf(fields: readonly Field[]): readonly Driver[] {
  return fields.flatMap((feature) => {
    const share = fields.find(({ name }) => name === `${feature.name}_share`);
    return /^driver_\d+$/.test(feature.name) && share !== undefined ? [{ feature, share }] : [];
  });
}
