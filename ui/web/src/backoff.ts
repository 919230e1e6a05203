/** Waiting times between attempts: 0.25 s, doubling to 5 s, spread so that many pages do not knock at once. */

const FIRST_MS = 250;
const MOST_MS = 5000;

/** @param random in [0, 1); the wait is between three quarters of the nominal one and the whole of it. */
export function backoffMs(failures: number, random: number): number {
  const nominal = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return nominal * (0.75 + 0.25 * random);
}
