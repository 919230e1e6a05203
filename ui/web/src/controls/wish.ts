/** What becomes of a value that somebody wished for: sent, taken, confirmed by the value read back, or not. */
import type { Cell, Option } from '../protocol';
import { Structured } from '../protocol/structured';

export type Value = Option['value'];

/** A machine that has not followed by then is not taken to have followed. */
export const CONFIRM_WITHIN_MS = 5_000;

export type Wish =
  | { readonly state: 'none' }
  | { readonly state: 'sending'; readonly value: Value }
  /** The server took it; the machine has not shown it yet. */
  | { readonly state: 'pending'; readonly value: Value; readonly sinceMs: number }
  | { readonly state: 'unconfirmed'; readonly value: Value }
  | { readonly state: 'refused'; readonly value: Value; readonly reason: string }
  /** Of a button, which has nothing to read back. */
  | { readonly state: 'done'; readonly sinceMs: number };

export const NONE: Wish = { state: 'none' };

/** Whether a value read back is the one that was wished for. Machines round: half a step is no difference. */
export function agrees(wished: Value, read: Cell, step: number | null): boolean {
  if (wished instanceof Structured) return typeof read === 'string' && wished.is(read);
  if (typeof wished === 'number' && typeof read === 'number') {
    const rounding = Math.max(1e-6 * Math.max(1, Math.abs(wished)), (step ?? 0) / 2);
    return Math.abs(wished - read) <= rounding * (1 - 1e-9);
  }
  if (typeof wished === 'boolean' || typeof read === 'boolean') {
    return read !== null && typeof wished !== 'string' && Number(wished) === Number(read);
  }
  return wished === read || (read !== null && String(wished) === String(read));
}

/** The server's answer. @param refusal null when it took the wish. @param readsBack false for a button. */
export function answered(wish: Wish, refusal: string | null, readsBack: boolean, nowMs: number): Wish {
  if (wish.state !== 'sending') return wish;
  if (refusal !== null) return { state: 'refused', value: wish.value, reason: refusal };
  return readsBack
    ? { state: 'pending', value: wish.value, sinceMs: nowMs }
    : { state: 'done', sinceMs: nowMs };
}

/** Time has passed, and the value that is read back now may be another. */
export function looked(wish: Wish, read: Cell, step: number | null, nowMs: number): Wish {
  switch (wish.state) {
    case 'pending':
      if (agrees(wish.value, read, step)) return NONE;
      return nowMs - wish.sinceMs >= CONFIRM_WITHIN_MS ? { state: 'unconfirmed', value: wish.value } : wish;
    case 'unconfirmed':
      return agrees(wish.value, read, step) ? NONE : wish;
    case 'done':
      return nowMs - wish.sinceMs >= CONFIRM_WITHIN_MS ? NONE : wish;
    default:
      return wish;
  }
}

/** What the control shows: the wish while it may still come true, else what is. */
export function shownValue(wish: Wish, read: Cell): Cell {
  if (wish.state !== 'sending' && wish.state !== 'pending') return read;
  return wish.value instanceof Structured ? wish.value.json : wish.value;
}
