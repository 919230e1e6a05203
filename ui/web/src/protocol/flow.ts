/** The flow that runs, as `GET /api/flow` gives it. Only the flow view reads it: it is not part of `protocol.ts`. */
import * as check from '../check';
import { FIELD_TYPES, type FieldType, type Range } from './field';
import type { FlowFault } from './messages';

export const ROLES = ['source', 'transform', 'sink'] as const;
export type Role = (typeof ROLES)[number];

export interface FlowFile {
  readonly path: string;
  readonly text: string;
  /** Goes back with a change: the server refuses it when the file has become another meanwhile. */
  readonly revision: string;
}

export interface Input {
  readonly from: string;
  readonly output: string;
}

export interface OutputField {
  readonly name: string;
  readonly title: string;
  readonly unit: string | null;
  readonly type: FieldType;
  readonly range: Range | null;
}

export interface Output {
  readonly name: string;
  readonly fields: readonly OutputField[];
}

export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly role: Role;
  readonly file: string;
  /** First and last line in its file, from 1. */
  readonly lines: readonly [first: number, last: number];
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  /** What its type does, in Markdown. */
  readonly doc: string;
}

export interface Flow {
  readonly name: string;
  readonly editable: boolean;
  /** Why it cannot be edited, when the server says so. */
  readonly readOnly: string | null;
  /** Empty when the reader may not see them. */
  readonly files: readonly FlowFile[];
  readonly nodes: readonly FlowNode[];
  readonly fault: FlowFault | null;
  readonly revision: string;
}

function range(value: unknown, path: string): Range | null {
  const [low, high] = check.list(value, path, check.finite);
  return low === undefined || high === undefined || low >= high ? null : [low, high];
}

function field(value: unknown, path: string): OutputField {
  const raw = check.object(value, path);
  const name = check.text(raw['name'], `${path}.name`);
  return {
    name,
    title: check.optional(raw['title'], `${path}.title`, check.text) ?? name,
    unit: check.optional(raw['unit'], `${path}.unit`, check.text),
    type: check.oneOf(raw['type'], `${path}.type`, FIELD_TYPES),
    range: check.optional(raw['range'], `${path}.range`, range),
  };
}

function output(value: unknown, path: string): Output {
  const raw = check.object(value, path);
  return {
    name: check.text(raw['name'], `${path}.name`),
    fields: check.list(raw['fields'], `${path}.fields`, field),
  };
}

function input(value: unknown, path: string): Input {
  const raw = check.object(value, path);
  return {
    from: check.text(raw['from'], `${path}.from`),
    output: check.text(raw['output'], `${path}.output`),
  };
}

function lines(value: unknown, path: string): readonly [number, number] {
  const [first, last] = check.list(value, path, check.index);
  return first === undefined || last === undefined
    ? check.fail(path, 'the first and the last line', value)
    : [first, last];
}

function node(value: unknown, path: string): FlowNode {
  const raw = check.object(value, path);
  return {
    id: check.text(raw['id'], `${path}.id`),
    type: check.text(raw['type'], `${path}.type`),
    role: check.oneOf(raw['role'], `${path}.role`, ROLES),
    file: check.optional(raw['file'], `${path}.file`, check.text) ?? '',
    lines: check.optional(raw['lines'], `${path}.lines`, lines) ?? [0, 0],
    inputs: check.list(raw['inputs'], `${path}.inputs`, input),
    outputs: check.list(raw['outputs'], `${path}.outputs`, output),
    doc: check.optional(raw['doc'], `${path}.doc`, check.text) ?? '',
  };
}

function file(value: unknown, path: string): FlowFile {
  const raw = check.object(value, path);
  return {
    path: check.text(raw['path'], `${path}.path`),
    text: check.text(raw['text'], `${path}.text`),
    revision: check.text(raw['revision'], `${path}.revision`),
  };
}

function fault(value: unknown, path: string): FlowFault {
  const raw = check.object(value, path);
  return {
    report: check.text(raw['report'], `${path}.report`),
    sinceMs: check.finite(raw['sinceMs'], `${path}.sinceMs`),
  };
}

/** Reads `GET /api/flow`. Throws a {@link check.ShapeError} for anything else. */
export function parseFlow(value: unknown): Flow {
  const raw = check.object(value, 'flow');
  return {
    name: check.text(raw['name'], 'name'),
    editable: check.flag(raw['editable'], 'editable'),
    readOnly: check.optional(raw['readOnly'], 'readOnly', check.text),
    files: check.optional(raw['files'], 'files', (files, path) => check.list(files, path, file)) ?? [],
    nodes: check.list(raw['nodes'], 'nodes', node),
    fault: check.optional(raw['fault'], 'fault', fault),
    revision: check.text(raw['revision'], 'revision'),
  };
}
