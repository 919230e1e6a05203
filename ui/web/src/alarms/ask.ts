/** Asks the server to do something to an alarm. */
import { operationPath, tell } from '../ask';
import type { Operation } from './wishes';

export interface Asked {
  readonly alarm: string;
  readonly key: string;
  readonly minutes: number | null;
}

/** Answers why it was refused; null when it was done. */
export function operate(
  base: string,
  node: string,
  operation: Operation,
  { alarm, key, minutes }: Asked,
): Promise<string | null> {
  const body = { alarm, key, ...(minutes === null ? {} : { minutes }) };
  return tell(base, operationPath(node, operation), body);
}
