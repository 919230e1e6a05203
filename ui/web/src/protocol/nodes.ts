/** How every node does, as `GET /api/nodes` gives it. */
import * as check from '../check';
import type { Problem } from './messages';

export interface Queue {
  readonly waiting: number;
  readonly capacity: number;
}

/** Counts since the flow started. */
export interface NodeState {
  readonly node: string;
  readonly received: number;
  readonly emitted: number;
  readonly dropped: number;
  readonly errors: number;
  readonly queue: Queue | null;
  readonly batches: number;
  readonly batchSeconds: number;
  /** Why it cannot do its work now. */
  readonly notReady: string | null;
}

export interface NodesReport {
  readonly uptimeMs: number;
  readonly nodes: readonly NodeState[];
  /** The latest first. */
  readonly problems: readonly Problem[];
}

function queue(value: unknown, path: string): Queue {
  const raw = check.object(value, path);
  return {
    waiting: check.index(raw['waiting'], `${path}.waiting`),
    capacity: check.index(raw['capacity'], `${path}.capacity`),
  };
}

function state(value: unknown, path: string): NodeState {
  const raw = check.object(value, path);
  return {
    node: check.text(raw['node'], `${path}.node`),
    received: check.index(raw['in'], `${path}.in`),
    emitted: check.index(raw['out'], `${path}.out`),
    dropped: check.index(raw['dropped'], `${path}.dropped`),
    errors: check.index(raw['errors'], `${path}.errors`),
    queue: check.optional(raw['queue'], `${path}.queue`, queue),
    batches: check.index(raw['batches'], `${path}.batches`),
    batchSeconds: check.finite(raw['batchSeconds'], `${path}.batchSeconds`),
    notReady: check.optional(raw['notReady'], `${path}.notReady`, check.text),
  };
}

function problem(value: unknown, path: string): Problem {
  const raw = check.object(value, path);
  return {
    node: check.text(raw['node'], `${path}.node`),
    kind: check.text(raw['kind'], `${path}.kind`),
    message: check.text(raw['message'], `${path}.message`),
    count: check.index(raw['count'], `${path}.count`),
    lastMs: check.optional(raw['lastMs'], `${path}.lastMs`, check.finite),
  };
}

/** Reads `GET /api/nodes`. Throws a {@link check.ShapeError} for anything else. */
export function parseNodes(value: unknown): NodesReport {
  const raw = check.object(value, 'nodes');
  return {
    uptimeMs: check.finite(raw['uptimeMs'], 'uptimeMs'),
    nodes: check.list(raw['nodes'], 'nodes', state),
    problems: check.list(raw['problems'], 'problems', problem),
  };
}
