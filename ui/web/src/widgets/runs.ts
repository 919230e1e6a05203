/** Stretches of one unchanged state. */

export interface States {
  readonly count: number;
  time(i: number): number;
  /** Null when nothing is known. */
  state(i: number): string | null;
}

export interface Run {
  readonly state: string;
  readonly fromMs: number;
  /** Up to the next row, also when that brings another state. */
  readonly toMs: number;
}

/** @param gapMs after a longer silence nothing is known any more. */
export function runsOf(states: States, nowMs: number, gapMs: number): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < states.count; i += 1) {
    const state = states.state(i);
    if (state === null) continue;
    const fromMs = states.time(i);
    const next = i + 1 < states.count ? states.time(i + 1) : nowMs;
    const toMs = next - fromMs > gapMs ? fromMs : Math.max(fromMs, next);
    const last = runs.at(-1);
    if (last !== undefined && last.state === state && last.toMs === fromMs) {
      runs[runs.length - 1] = { ...last, toMs };
    } else {
      runs.push({ state, fromMs, toMs });
    }
  }
  return runs;
}
