/** Stretches of time with a name, such as the phases of an experiment. */

export interface Stretch {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Those beside each other differ in this. */
  readonly shaded: boolean;
}

/** Each name as long as it lasts. A missing or empty one is no stretch. @param toMs the end of the last */
export function stretchesOf(
  times: readonly number[],
  names: readonly (string | null)[],
  toMs: number,
): Stretch[] {
  const all: Stretch[] = [];
  let begun: { readonly name: string; readonly fromMs: number } | null = null;
  const end = (atMs: number): void => {
    if (begun !== null && atMs > begun.fromMs)
      all.push({ ...begun, toMs: atMs, shaded: all.length % 2 === 1 });
    begun = null;
  };
  times.forEach((timeMs, i) => {
    const name = names[i] ?? '';
    if (begun?.name === name) return;
    end(timeMs);
    if (name !== '') begun = { name, fromMs: timeMs };
  });
  end(Math.max(toMs, times.at(-1) ?? toMs));
  return all;
}
