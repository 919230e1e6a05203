/** How far a run of an experiment has come. */
import type { Phase } from '../protocol';

export interface Progress {
  /** Of the current phase; null when the server names none that the layout knows. */
  readonly index: number | null;
  /** How much of the current phase is over, 0 to 1. */
  readonly share: number;
  /** Until the end of the phase, and of the run, in seconds. */
  readonly phaseLeftS: number;
  readonly leftS: number;
}

export function wholeOf(phases: readonly Phase[]): number {
  return phases.reduce((sum, { seconds }) => sum + seconds, 0);
}

/**
 * A name may stand for several phases: it is that one whose begin is nearest to the one that the server's seconds tell.
 * @param elapsedS since the start of the run @param phaseElapsedS since the start of the phase
 */
export function progressOf(
  phases: readonly Phase[],
  phase: string,
  elapsedS: number,
  phaseElapsedS: number,
): Progress {
  const begunS = elapsedS - phaseElapsedS;
  let beginS = 0;
  let index: number | null = null;
  let farS = Number.POSITIVE_INFINITY;
  phases.forEach(({ name, seconds }, i) => {
    const awayS = Math.abs(beginS - begunS);
    if (name === phase && awayS < farS) [index, farS] = [i, awayS];
    beginS += seconds;
  });
  const current = index === null ? undefined : phases[index];
  if (index === null || current === undefined)
    return { index: null, share: 0, phaseLeftS: 0, leftS: Math.max(0, wholeOf(phases) - elapsedS) };
  const phaseLeftS = Math.max(0, current.seconds - phaseElapsedS);
  return {
    index,
    share: Math.min(1, Math.max(0, phaseElapsedS / current.seconds)),
    phaseLeftS,
    leftS: phaseLeftS + wholeOf(phases.slice(index + 1)),
  };
}
