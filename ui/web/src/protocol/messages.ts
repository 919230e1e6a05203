/** The messages of the WebSocket `/ws`: a text frame holds one a line. */
import * as check from '../check';

export type Cell = number | boolean | string | null;

export interface Row {
  /** Event time, milliseconds since 1970. */
  readonly time: number;
  /** The machine the row belongs to. */
  readonly key: string;
  readonly values: readonly Cell[];
}

export interface NodeCounts {
  readonly in: number;
  readonly out: number;
  readonly errors: number;
}

export interface Problem {
  readonly node: string;
  readonly kind: string;
  readonly message: string;
  readonly count: number;
  /** When it was last seen, milliseconds since 1970. */
  readonly lastMs: number | null;
}

export interface Hello {
  readonly type: 'hello';
  readonly revision: string;
  /** The clock of the flow, milliseconds since 1970. */
  readonly now: number;
  /** How often as fast as ours that clock goes, when a log is shown again. */
  readonly replay: number | null;
}

export interface Rows {
  readonly type: 'rows';
  readonly stream: string;
  /** Sequence number of the first row; the others follow without a hole. */
  readonly first: number;
  readonly rows: readonly Row[];
  /** The stream began anew: what was kept of it no longer counts. */
  readonly reset: boolean;
}

export interface Status {
  readonly type: 'status';
  readonly uptimeMs: number;
  readonly nodes: Readonly<Record<string, NodeCounts>>;
  readonly problems: readonly Problem[];
  /** Why the flow that runs is not that of its file, when it is not. */
  readonly fault: FlowFault | null;
}

export interface FlowFault {
  /** What a terminal would show of it, line by line. */
  readonly report: string;
  /** When it was found, milliseconds since 1970. */
  readonly sinceMs: number;
}

export type ServerMessage = Hello | Rows | Status;

export interface Subscribe {
  readonly type: 'subscribe';
  /** The last sequence number held, by stream. */
  readonly since: Readonly<Record<string, number>>;
}

function isCell(value: unknown): value is Cell {
  const type = typeof value;
  return value === null || type === 'number' || type === 'boolean' || type === 'string';
}

// A history has hundreds of thousands of cells: paths are only put together for a cell that is wrong.
function row(value: unknown, i: number): Row {
  if (!Array.isArray(value)) return check.fail(`rows[${i}]`, 'a list', value);
  const [time, key, ...values] = value as unknown[];
  if (typeof time !== 'number') return check.fail(`rows[${i}][0]`, 'a finite number', time);
  if (typeof key !== 'string') return check.fail(`rows[${i}][1]`, 'text', key);
  if (!values.every(isCell)) {
    const wrong = values.findIndex((cell) => !isCell(cell));
    return check.fail(`rows[${i}][${wrong + 2}]`, 'a number, true, false, text or null', values[wrong]);
  }
  return { time, key, values };
}

function rows(value: unknown): Row[] {
  return Array.isArray(value) ? (value as unknown[]).map(row) : check.fail('rows', 'a list', value);
}

function problem(value: unknown, path: string): Problem {
  const raw = check.object(value, path);
  return {
    node: check.text(raw['node'], `${path}.node`),
    kind: check.text(raw['kind'], `${path}.kind`),
    message: check.text(raw['message'], `${path}.message`),
    count: check.index(raw['count'], `${path}.count`),
    lastMs: check.optional(raw['last_ms'], `${path}.last_ms`, check.finite),
  };
}

function fault(value: unknown, path: string): FlowFault {
  const raw = check.object(value, path);
  return {
    report: check.text(raw['report'], `${path}.report`),
    sinceMs: check.finite(raw['since_ms'], `${path}.since_ms`),
  };
}

function counts(value: unknown, path: string): NodeCounts {
  const raw = check.object(value, path);
  return {
    in: check.index(raw['in'], `${path}.in`),
    out: check.index(raw['out'], `${path}.out`),
    errors: check.index(raw['errors'], `${path}.errors`),
  };
}

/** Reads one message of `/ws`. Throws a {@link check.ShapeError}, or a SyntaxError when it is not JSON. */
export function parseMessage(line: string): ServerMessage {
  return messageOf(JSON.parse(line) as unknown, 'message');
}

/** The same of JSON that was read. */
export function messageOf(value: unknown, path: string): ServerMessage {
  const raw = check.object(value, path);
  const type = check.oneOf(raw['type'], 'type', ['hello', 'rows', 'status']);
  switch (type) {
    case 'hello':
      return {
        type,
        revision: check.text(raw['revision'], 'revision'),
        now: check.finite(raw['now'], 'now'),
        replay: check.optional(raw['replay'], 'replay', check.positive) ?? null,
      };
    case 'rows':
      return {
        type,
        stream: check.text(raw['stream'], 'stream'),
        first: check.index(raw['first'], 'first'),
        rows: rows(raw['rows']),
        reset: check.optional(raw['reset'], 'reset', check.flag) ?? false,
      };
    case 'status':
      return {
        type,
        uptimeMs: check.finite(raw['uptimeMs'], 'uptimeMs'),
        nodes: check.record(raw['nodes'], 'nodes', counts),
        problems: check.list(raw['problems'], 'problems', problem),
        fault: check.optional(raw['fault'], 'fault', fault) ?? null,
      };
  }
}
