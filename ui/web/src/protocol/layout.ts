/** The layout of the dashboard, as `GET /api/dashboard` gives it. */
import * as check from '../check';
import { alarmInfo, type AlarmInfo } from './alarms';
import { experimentSpec, type ExperimentSpec } from './experiment';
import { field, option, type Field, type Option } from './field';
import { loopSpec, type LoopSpec } from './loop';
import { totalsSpec, type TotalsSpec } from './totals';

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
  'loop',
  'experiment',
  'totals',
  'log',
  ...CONTROL_KINDS,
] as const;
/** A server may be newer than an open page: what the page does not know is `unknown`, and breaks nothing. */
export type WidgetKind = (typeof WIDGET_KINDS)[number] | 'unknown';

export const LEVELS = ['normal', 'warning', 'alarm'] as const;
export type Level = (typeof LEVELS)[number];

export interface Band {
  readonly from: number;
  readonly to: number;
  readonly level: Level;
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
  /** Of a `loop`, an `experiment`, or `totals`; null of every other kind. */
  readonly loop: LoopSpec | null;
  readonly experiment: ExperimentSpec | null;
  readonly totals: TotalsSpec | null;
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

function band(value: unknown, path: string): Band {
  const raw = check.object(value, path);
  return {
    from: check.finite(raw['from'], `${path}.from`),
    to: check.finite(raw['to'], `${path}.to`),
    level: check.oneOf(raw['level'], `${path}.level`, LEVELS),
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

/** Kinds that have something to show without a field: words, and all that a file holds. */
const FIELDLESS = new Set<WidgetKind>(['markdown', 'log']);
/** Kinds that no rows come for. */
const STREAMLESS = new Set<WidgetKind>(['markdown', 'log', 'unknown']);

/** What a kind has to have; nothing is known of what an unknown one has. */
function fieldsOf(kind: WidgetKind, value: unknown, path: string): readonly Field[] {
  if (kind === 'unknown') return [];
  if (FIELDLESS.has(kind))
    return check.optional(value, path, (list, at) => check.list(list, at, field)) ?? [];
  const fields = check.list(value, path, field);
  return fields.length === 0 ? check.fail(path, 'at least one field', value) : fields;
}

function widget(value: unknown, path: string): Widget {
  const raw = check.object(value, path);
  const kindName = check.text(raw['kind'], `${path}.kind`);
  const kind = WIDGET_KINDS.find((known) => known === kindName) ?? 'unknown';
  const fields = fieldsOf(kind, raw['fields'], `${path}.fields`);
  return {
    id: check.text(raw['id'], `${path}.id`),
    node: check.text(raw['node'], `${path}.node`),
    stream: STREAMLESS.has(kind) ? '' : check.text(raw['stream'], `${path}.stream`),
    kind,
    kindName,
    title: check.text(raw['title'], `${path}.title`),
    width: check.optional(raw['width'], `${path}.width`, check.positive),
    fields,
    alert: check.optional(raw['alert'], `${path}.alert`, check.index),
    popup: check.optional(raw['popup'], `${path}.popup`, check.flag) ?? false,
    span: check.optional(raw['span'], `${path}.span`, check.positive),
    bands: check.optional(raw['bands'], `${path}.bands`, (bands, at) => check.list(bands, at, band)) ?? [],
    text: check.optional(raw['text'], `${path}.text`, check.text),
    control: check.optional(raw['control'], `${path}.control`, control),
    loop: kind === 'loop' ? loopSpec(raw['loop'], fields, path) : null,
    experiment: kind === 'experiment' ? experimentSpec(raw['experiment'], fields, path) : null,
    totals: kind === 'totals' ? totalsSpec(raw['totals'], `${path}.totals`) : null,
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
