/** A control loop in the layout: which of its columns is what, and what can be set. */
import * as check from '../check';
import type { Field } from './field';

/** How a loop works: by itself, by hand, or in the state that it takes when it cannot do its work. */
export const LOOP_MODES = ['automatic', 'manual', 'safe'] as const;
export type LoopMode = (typeof LOOP_MODES)[number];

export interface LoopSpec {
  readonly measured: Field;
  readonly setpoint: Field;
  readonly output: Field;
  readonly mode: Field;
  /** Why the loop is in its safe state; empty otherwise. */
  readonly reason: Field;
  /** Whether people set the set-point; false where it comes from the records. */
  readonly settable: boolean;
}

/** @param fields in the order of the server: measured, set-point, output, mode, reason. @param path of the widget */
export function loopSpec(value: unknown, fields: readonly Field[], path: string): LoopSpec {
  const [measured, setpoint, output, mode, reason] = fields;
  if (
    measured === undefined ||
    setpoint === undefined ||
    output === undefined ||
    mode === undefined ||
    reason === undefined
  )
    return check.fail(`${path}.fields`, 'measured value, set-point, output, mode and reason', fields);
  const raw = check.object(value, `${path}.loop`);
  const settable = check.flag(raw['settable'], `${path}.loop.settable`);
  return { measured, setpoint, output, mode, reason, settable };
}

/** The mode in the server's word; null for a word that this page does not know. */
export function loopMode(word: unknown): LoopMode | null {
  return LOOP_MODES.find((known) => known === word) ?? null;
}
