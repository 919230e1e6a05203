/** How a node stands: what is wrong with it, in words. What is well needs none. */
import type { Level } from '../protocol/layout';
import type { NodeState } from '../protocol/nodes';
import { queueFull, recent, type Sample } from './rates';

export interface Standing {
  readonly level: Level;
  /** The worst first; empty when all is well. */
  readonly reasons: readonly string[];
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

export function standingOf(state: NodeState | null, samples: readonly Sample[]): Standing {
  const reasons: string[] = [];
  const notReady = state?.notReady ?? null;
  if (notReady !== null) reasons.push(`Not ready: ${notReady}`);
  const dropped = recent(samples, 'dropped');
  if (dropped > 0) reasons.push(`${counted(dropped, 'record')} dropped lately`);
  if (queueFull(samples)) reasons.push('Queue full');
  const errors = recent(samples, 'errors');
  if (errors > 0) reasons.push(`${counted(errors, 'error')} lately`);
  if (reasons.length === 0) return { level: 'normal', reasons };
  return { level: notReady !== null || dropped > 0 ? 'alarm' : 'warning', reasons };
}
