/** What goes through a node a second, from the counts that the server gives. */
import type { NodeState, Queue } from '../protocol/nodes';

/** Rates are taken over so long: one record more or less a second would make every number flicker. */
const OVER_MS = 5_000;
/** So far back the curves go. */
export const KEPT_MS = 120_000;
/** An error stays in sight for so long after it came. */
const RECENT_MS = 30_000;
/** A queue is full when it was so in so many looks one after the other. */
const FULL_LOOKS = 3;

export interface Sample {
  /** Since the flow started. */
  readonly atMs: number;
  readonly received: number;
  readonly emitted: number;
  readonly dropped: number;
  readonly errors: number;
  readonly batches: number;
  readonly batchSeconds: number;
  readonly queue: Queue | null;
}

export type Count = 'received' | 'emitted' | 'dropped' | 'errors';
const COUNTS = ['received', 'emitted', 'dropped', 'errors', 'batches', 'batchSeconds'] as const;

export interface Rates {
  /** Records a second; null as long as it is not known. */
  readonly received: number | null;
  readonly emitted: number | null;
  readonly errors: number | null;
  readonly dropped: number | null;
  /** Time for a batch on average; null when none was timed lately. */
  readonly batchMs: number | null;
}

export function sampleOf(state: NodeState, uptimeMs: number): Sample {
  const { received, emitted, dropped, errors, batches, batchSeconds, queue } = state;
  return { atMs: uptimeMs, received, emitted, dropped, errors, batches, batchSeconds, queue };
}

/** A flow that was started anew counts from 0 again, and so does a node that an edit replaced: the past is over then. */
function continues(before: Sample, next: Sample): boolean {
  return next.atMs >= before.atMs && COUNTS.every((name) => next[name] >= before[name]);
}

/** The samples with one more; those from before a restart, and those that are too old, are gone. */
export function withSample(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last === undefined || !continues(last, next)) return [next];
  // Asked twice in one moment, the later answer counts: nothing can be divided by no time.
  const before = next.atMs === last.atMs ? samples.slice(0, -1) : samples;
  return [...before.filter(({ atMs }) => atMs >= next.atMs - KEPT_MS), next];
}

export function ratesOf(samples: readonly Sample[]): Rates {
  const last = samples.at(-1);
  const first = last && samples.find(({ atMs }) => atMs >= last.atMs - OVER_MS);
  if (last === undefined || first === undefined || first === last)
    return { received: null, emitted: null, errors: null, dropped: null, batchMs: null };
  const seconds = (last.atMs - first.atMs) / 1000;
  const per = (name: Count): number => (last[name] - first[name]) / seconds;
  const batches = last.batches - first.batches;
  return {
    received: per('received'),
    emitted: per('emitted'),
    errors: per('errors'),
    dropped: per('dropped'),
    batchMs: batches === 0 ? null : ((last.batchSeconds - first.batchSeconds) * 1000) / batches,
  };
}

/** The rates between one look and the next, for a curve. */
export function curveOf(
  samples: readonly Sample[],
  value: (before: Sample, next: Sample) => number | null,
): { times: number[]; values: (number | null)[] } {
  const pairs = samples.slice(1).map((next, i) => [samples[i] ?? next, next] as const);
  return {
    times: pairs.map(([, next]) => next.atMs),
    values: pairs.map(([before, next]) => value(before, next)),
  };
}

export const perSecond =
  (name: Count) =>
  (before: Sample, next: Sample): number =>
    ((next[name] - before[name]) * 1000) / (next.atMs - before.atMs);

export function batchMsBetween(before: Sample, next: Sample): number | null {
  const batches = next.batches - before.batches;
  return batches === 0 ? null : ((next.batchSeconds - before.batchSeconds) * 1000) / batches;
}

/** How many came lately. */
export function recent(samples: readonly Sample[], name: Count): number {
  const last = samples.at(-1);
  const first = last && samples.find(({ atMs }) => atMs >= last.atMs - RECENT_MS);
  return last === undefined || first === undefined ? 0 : last[name] - first[name];
}

/** Whether the queue stays full: one look at a full queue is nothing yet. */
export function queueFull(samples: readonly Sample[]): boolean {
  const looks = samples.slice(-FULL_LOOKS);
  return (
    looks.length === FULL_LOOKS &&
    looks.every(({ queue }) => queue !== null && queue.capacity > 0 && queue.waiting >= queue.capacity)
  );
}
