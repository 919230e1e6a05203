/** The layout of the dashboard, as `GET /api/dashboard` gives it. */
import * as check from '../check';
import { Structured } from './structured';
import { alarmInfo, type AlarmInfo } from './alarms';

/** Kinds that set a value. */
export const CONTROL_KINDS = ['slider', 'number', 'switch', 'select', 'button'] as const;
export type ControlKind = (typeof CONTROL_KINDS)[number];

export const WIDGET_KINDS = [
  'gauge',
  'bar',
  'chart',
  'value',
  'status',
  'timeline',
  'advice',
  'text',
  'table',
  'histogram',
  'heat-map',
  'markdown',
  ...CONTROL_KINDS,
] as const;
/** A server may be newer than an open page: what the page does not know is `unknown`, and breaks nothing. */
export type WidgetKind = (typeof WIDGET_KINDS)[number] | 'unknown';

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

export interface Option {
  readonly value: string | number | boolean | Structured;
  readonly label: string;
}

/** How a control sets its value. */
export interface ControlSpec {
  readonly step: number | null;
  /** The question to answer before the value is sent. */
  readonly confirm: string | null;
  readonly options: readonly Option[] | null;
}

export interface Widget {
  readonly id: string;
  readonly node: string;
  readonly stream: string;
  readonly kind: WidgetKind;
  /** The kind in the server's word. */
  readonly kindName: string;
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
  /** The words of a `markdown` widget. */
  readonly text: string | null;
  readonly control: ControlSpec | null;
}

export interface Group {
  readonly title: string;
  readonly widgets: readonly Widget[];
}

export interface Page {
  readonly title: string;
  readonly groups: readonly Group[];
}

/** A node that raises alarms. */
export interface AlarmNode {
  /** It takes `acknowledge`, `shelve` and `unshelve`. */
  readonly node: string;
  /** Of the changes of its alarms. */
  readonly stream: string;
  readonly title: string;
  readonly alarms: readonly AlarmInfo[];
  readonly fields: readonly Field[];
}

export interface Dashboard {
  readonly name: string;
  readonly revision: string;
  readonly staleAfterMs: number;
  /** Whether `GET /api/history` answers; null when the server does not say. */
  readonly history: boolean | null;
  readonly pages: readonly Page[];
  readonly alarms: readonly AlarmNode[];
}

/** All widgets, page after page. */
export function widgetsOf(dashboard: Dashboard): readonly Widget[] {
  return dashboard.pages.flatMap(({ groups }) => groups.flatMap(({ widgets }) => widgets));
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

function settable(said: unknown, path: string): Option['value'] {
  if (typeof said === 'object' && said !== null) return new Structured(said);
  const plain = typeof said === 'string' || typeof said === 'number' || typeof said === 'boolean';
  return plain ? said : check.fail(path, 'a value', said);
}

function option(value: unknown, path: string): Option {
  const raw = check.object(value, path);
  const said = raw['value'];
  return {
    value: settable(said, `${path}.value`),
    label: check.optional(raw['label'], `${path}.label`, check.text) ?? String(said),
  };
}

function control(value: unknown, path: string): ControlSpec {
  const raw = check.object(value, path);
  return {
    step: check.optional(raw['step'], `${path}.step`, check.positive),
    confirm: check.optional(raw['confirm'], `${path}.confirm`, check.text),
    options: check.optional(raw['options'], `${path}.options`, (options, at) =>
      check.list(options, at, option),
    ),
  };
}

/** What a kind has to have; nothing is known of what an unknown one has. */
function fieldsOf(kind: WidgetKind, value: unknown, path: string): readonly Field[] {
  if (kind === 'unknown') return [];
  if (kind === 'markdown')
    return check.optional(value, path, (list, at) => check.list(list, at, field)) ?? [];
  const fields = check.list(value, path, field);
  return fields.length === 0 ? check.fail(path, 'at least one field', value) : fields;
}

function widget(value: unknown, path: string): Widget {
  const raw = check.object(value, path);
  const kindName = check.text(raw['kind'], `${path}.kind`);
  const kind = WIDGET_KINDS.find((known) => known === kindName) ?? 'unknown';
  const hasStream = kind !== 'unknown' && kind !== 'markdown';
  return {
    id: check.text(raw['id'], `${path}.id`),
    node: check.text(raw['node'], `${path}.node`),
    stream: hasStream ? check.text(raw['stream'], `${path}.stream`) : '',
    kind,
    kindName,
    title: check.text(raw['title'], `${path}.title`),
    width: check.optional(raw['width'], `${path}.width`, check.positive),
    fields: fieldsOf(kind, raw['fields'], `${path}.fields`),
    alert: check.optional(raw['alert'], `${path}.alert`, check.index),
    popup: check.optional(raw['popup'], `${path}.popup`, check.flag) ?? false,
    span: check.optional(raw['span'], `${path}.span`, check.positive),
    bands: check.optional(raw['bands'], `${path}.bands`, (bands, at) => check.list(bands, at, band)) ?? [],
    text: check.optional(raw['text'], `${path}.text`, check.text),
    control: check.optional(raw['control'], `${path}.control`, control),
  };
}

function group(value: unknown, path: string): Group {
  const raw = check.object(value, path);
  return {
    title: check.text(raw['title'], `${path}.title`),
    widgets: check.list(raw['widgets'], `${path}.widgets`, widget),
  };
}

function page(value: unknown, path: string): Page {
  const raw = check.object(value, path);
  return {
    title: check.text(raw['title'], `${path}.title`),
    groups: check.list(raw['groups'], `${path}.groups`, group),
  };
}

function alarmNode(value: unknown, path: string): AlarmNode {
  const raw = check.object(value, path);
  return {
    node: check.text(raw['node'], `${path}.node`),
    stream: check.text(raw['stream'], `${path}.stream`),
    title: check.text(raw['title'], `${path}.title`),
    alarms: check.list(raw['alarms'], `${path}.alarms`, alarmInfo),
    fields: check.list(raw['fields'], `${path}.fields`, field),
  };
}

/** Reads `GET /api/dashboard`. Throws a {@link check.ShapeError} for anything else. */
export function parseDashboard(value: unknown): Dashboard {
  const raw = check.object(value, 'dashboard');
  return {
    name: check.text(raw['name'], 'name'),
    revision: check.text(raw['revision'], 'revision'),
    staleAfterMs: check.positive(raw['staleAfterMs'], 'staleAfterMs'),
    history: check.optional(raw['history'], 'history', check.flag),
    pages: check.list(raw['pages'], 'pages', page),
    alarms: check.optional(raw['alarms'], 'alarms', (nodes, at) => check.list(nodes, at, alarmNode)) ?? [],
  };
}
