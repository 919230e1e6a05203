/** What the server says and how it is read. Nothing beyond this file handles untyped JSON. */
import * as check from './check';

export const WIDGET_KINDS = ['gauge', 'chart', 'value', 'status', 'timeline', 'advice', 'text'] as const;
export type WidgetKind = (typeof WIDGET_KINDS)[number];

export const FIELD_TYPES = ['number', 'integer', 'boolean', 'text', 'time', 'json'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export const LEVELS = ['normal', 'warning', 'alarm'] as const;
export type Level = (typeof LEVELS)[number];

export interface Band {
  readonly from: number;
  readonly to: number;
  readonly level: Level;
}

export type Range = readonly [low: number, high: number];

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly unit: string | null;
  readonly type: FieldType;
  readonly range: Range | null;
  /** Words for the codes of an integer or boolean field, by the code as text. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** Position among the values of a row. */
  readonly slot: number;
}

export interface Widget {
  readonly id: string;
  readonly node: string;
  readonly stream: string;
  readonly kind: WidgetKind;
  readonly title: string;
  /** Columns of the 12 of a wide page. */
  readonly width: number | null;
  readonly fields: readonly Field[];
  /** Slot of a boolean column that is true while something is abnormal. */
  readonly alert: number | null;
  readonly popup: boolean;
  /** Width of the time window in seconds. */
  readonly span: number | null;
  readonly bands: readonly Band[];
}

export interface Group {
  readonly title: string;
  readonly widgets: readonly Widget[];
}

export interface Dashboard {
  readonly name: string;
  readonly revision: string;
  readonly staleAfterMs: number;
  readonly groups: readonly Group[];
}

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

function range(value: unknown, path: string): Range {
  const ends = check.list(value, path, check.finite);
  const [low, high] = ends;
  if (ends.length !== 2 || low === undefined || high === undefined || low >= high) {
    return check.fail(path, 'two numbers, the lower first', value);
  }
  return [low, high];
}

function band(value: unknown, path: string): Band {
  const raw = check.object(value, path);
  return {
    from: check.finite(raw['from'], `${path}.from`),
    to: check.finite(raw['to'], `${path}.to`),
    level: check.oneOf(raw['level'], `${path}.level`, LEVELS),
  };
}

function field(value: unknown, path: string): Field {
  const raw = check.object(value, path);
  const name = check.text(raw['name'], `${path}.name`);
  return {
    name,
    title: check.optional(raw['title'], `${path}.title`, check.text) ?? name,
    unit: check.optional(raw['unit'], `${path}.unit`, check.text),
    type: check.oneOf(raw['type'], `${path}.type`, FIELD_TYPES),
    range: check.optional(raw['range'], `${path}.range`, range),
    labels: check.optional(raw['labels'], `${path}.labels`, (labels, at) =>
      check.record(labels, at, check.text),
    ),
    slot: check.index(raw['slot'], `${path}.slot`),
  };
}

function positive(value: unknown, path: string): number {
  const number = check.finite(value, path);
  return number > 0 ? number : check.fail(path, 'a number above 0', value);
}

function widget(value: unknown, path: string): Widget {
  const raw = check.object(value, path);
  const fields = check.list(raw['fields'], `${path}.fields`, field);
  if (fields.length === 0) check.fail(`${path}.fields`, 'at least one field', raw['fields']);
  return {
    id: check.text(raw['id'], `${path}.id`),
    node: check.text(raw['node'], `${path}.node`),
    stream: check.text(raw['stream'], `${path}.stream`),
    kind: check.oneOf(raw['kind'], `${path}.kind`, WIDGET_KINDS),
    title: check.text(raw['title'], `${path}.title`),
    width: check.optional(raw['width'], `${path}.width`, positive),
    fields,
    alert: check.optional(raw['alert'], `${path}.alert`, check.index),
    popup: check.optional(raw['popup'], `${path}.popup`, check.flag) ?? false,
    span: check.optional(raw['span'], `${path}.span`, positive),
    bands: check.optional(raw['bands'], `${path}.bands`, (bands, at) => check.list(bands, at, band)) ?? [],
  };
}

/** Reads `GET /api/dashboard`. Throws a {@link check.ShapeError} for anything else. */
export function parseDashboard(value: unknown): Dashboard {
  const raw = check.object(value, 'dashboard');
  return {
    name: check.text(raw['name'], 'name'),
    revision: check.text(raw['revision'], 'revision'),
    staleAfterMs: positive(raw['staleAfterMs'], 'staleAfterMs'),
    groups: check.list(raw['groups'], 'groups', (group, path) => {
      const entry = check.object(group, path);
      return {
        title: check.text(entry['title'], `${path}.title`),
        widgets: check.list(entry['widgets'], `${path}.widgets`, widget),
      };
    }),
  };
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

/** Reads one text frame of `/ws`. Throws a {@link check.ShapeError}, or a SyntaxError when it is not JSON. */
export function parseMessage(frame: string): ServerMessage {
  const raw = check.object(JSON.parse(frame) as unknown, 'message');
  const type = check.oneOf(raw['type'], 'type', ['hello', 'rows', 'status']);
  switch (type) {
    case 'hello':
      return {
        type,
        revision: check.text(raw['revision'], 'revision'),
        now: check.finite(raw['now'], 'now'),
        replay: check.optional(raw['replay'], 'replay', positive) ?? null,
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
