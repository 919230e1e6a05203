/** Experiments: what one is made of, and those that were made (`GET /api/nodes/{node}/list`). */
import * as check from '../check';
import { option, range, settable, type Field, type Option, type Range } from './field';

export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

interface Named {
  readonly name: string;
  readonly title: string;
}

/** One of several, or a number. */
export type Parameter =
  | (Named & {
      readonly kind: 'choice';
      readonly options: readonly Option[];
      readonly preset: Option['value'] | null;
    })
  | (Named & {
      readonly kind: 'number';
      readonly unit: string | null;
      readonly range: Range | null;
      readonly step: number | null;
      readonly preset: number | null;
    });

export interface ExperimentSpec {
  /** The run that is under way; empty when there is none. */
  readonly run: Field;
  readonly phase: Field;
  /** Seconds since the start of the run. */
  readonly elapsed: Field;
  /** Seconds since the start of the phase. */
  readonly phaseElapsed: Field;
  readonly phases: readonly Phase[];
  readonly parameters: readonly Parameter[];
}

export const OUTCOMES = ['running', 'complete', 'stopped', 'interrupted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Run {
  readonly run: string;
  readonly startedMs: number;
  /** Null while it is under way, and when nobody knows. */
  readonly endedMs: number | null;
  readonly outcome: Outcome;
  /** Why it did not become complete; null when it did, and when nobody knows. */
  readonly reason: string | null;
  readonly by: string;
  readonly note: string;
  /** What the parameters were set to, in words. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly rows: number;
  /** The name of its CSV file; what is known of the run is beside it, ending in `.json`. */
  readonly file: string;
  readonly bytes: number;
}

function phase(value: unknown, path: string): Phase {
  const raw = check.object(value, path);
  return {
    name: check.text(raw['name'], `${path}.name`),
    seconds: check.positive(raw['seconds'], `${path}.seconds`),
  };
}

function parameter(value: unknown, path: string): Parameter {
  const raw = check.object(value, path);
  const name = check.text(raw['name'], `${path}.name`);
  const title = check.optional(raw['title'], `${path}.title`, check.text) ?? name;
  const preset = raw['default'];
  const options = check.optional(raw['options'], `${path}.options`, (all, at) => check.list(all, at, option));
  if (options !== null) {
    if (options.length === 0) check.fail(`${path}.options`, 'at least one option', raw['options']);
    return {
      kind: 'choice',
      name,
      title,
      options,
      preset: check.optional(preset, `${path}.default`, settable),
    };
  }
  return {
    kind: 'number',
    name,
    title,
    unit: check.optional(raw['unit'], `${path}.unit`, check.text),
    range: check.optional(raw['range'], `${path}.range`, range),
    step: check.optional(raw['step'], `${path}.step`, check.positive),
    preset: check.optional(preset, `${path}.default`, check.finite),
  };
}

/** @param fields in the order of the server: run, phase, elapsed, phase elapsed. @param path of the widget */
export function experimentSpec(value: unknown, fields: readonly Field[], path: string): ExperimentSpec {
  const [run, phaseNow, elapsed, phaseElapsed] = fields;
  if (run === undefined || phaseNow === undefined || elapsed === undefined || phaseElapsed === undefined)
    return check.fail(`${path}.fields`, 'run, phase, and the seconds of both', fields);
  const at = `${path}.experiment`;
  const raw = check.object(value, at);
  return {
    run,
    phase: phaseNow,
    elapsed,
    phaseElapsed,
    phases: check.list(raw['phases'], `${at}.phases`, phase),
    parameters: check.list(raw['parameters'], `${at}.parameters`, parameter),
  };
}

/** A moment in ISO 8601. */
function moment(value: unknown, path: string): number {
  const timeMs = Date.parse(check.text(value, path));
  return Number.isNaN(timeMs) ? check.fail(path, 'a time in ISO 8601', value) : timeMs;
}

/** A label as it is, anything else as JSON has it. */
function words(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function run(value: unknown, path: string): Run {
  const raw = check.object(value, path);
  return {
    run: check.text(raw['run'], `${path}.run`),
    startedMs: moment(raw['started'], `${path}.started`),
    endedMs: check.optional(raw['ended'], `${path}.ended`, moment),
    outcome: check.oneOf(raw['outcome'], `${path}.outcome`, OUTCOMES),
    reason: check.optional(raw['reason'], `${path}.reason`, check.text),
    by: check.text(raw['by'], `${path}.by`),
    note: check.text(raw['note'], `${path}.note`),
    parameters: check.record(raw['parameters'], `${path}.parameters`, words),
    rows: check.index(raw['rows'], `${path}.rows`),
    file: check.text(raw['file'], `${path}.file`),
    bytes: check.index(raw['bytes'], `${path}.bytes`),
  };
}

/** Reads what `list` answers, newest first. Throws a {@link check.ShapeError} for anything else. */
export function parseRuns(value: unknown): readonly Run[] {
  return check.list(value, 'runs', run);
}

/** Reads what `start` and `stop` answer: the name of the run. */
export function parseRunName(value: unknown): string {
  return check.text(check.object(value, 'answer')['run'], 'run');
}
