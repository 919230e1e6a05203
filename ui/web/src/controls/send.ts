/** Tells the server a wish. */
import { tell } from '../ask';
import type { Value } from './wish';

/** Answers why the wish was refused; null when it was taken. */
export function sendWish(base: string, id: string, value: Value, key: string): Promise<string | null> {
  return tell(base, `api/controls/${encodeURIComponent(id)}`, key === '' ? { value } : { value, key });
}
