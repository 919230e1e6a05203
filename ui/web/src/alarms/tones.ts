/** What an unacknowledged alarm sounds like: the more urgent, the higher, the more often and the sooner again. */
import type { Priority } from '../protocol';

export interface Tone {
  readonly hertz: number;
  readonly atS: number;
  readonly lengthS: number;
}

export interface Pattern {
  readonly tones: readonly Tone[];
  /** From one beginning to the next. */
  readonly everyS: number;
}

function beeps(hertz: readonly number[], apartS: number, lengthS: number): Tone[] {
  return hertz.map((tone, i) => ({ hertz: tone, atS: i * apartS, lengthS }));
}

export const PATTERNS: Readonly<Record<Priority, Pattern>> = {
  critical: { tones: beeps([988, 1319, 988, 1319], 0.16, 0.13), everyS: 1.5 },
  high: { tones: beeps([880, 880, 880], 0.24, 0.16), everyS: 3 },
  medium: { tones: beeps([659, 523], 0.3, 0.22), everyS: 6 },
  low: { tones: beeps([440], 0, 0.25), everyS: 15 },
};
