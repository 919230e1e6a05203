/** What the server answers to the editor of the flow. */
import * as check from '../check';

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly help: readonly string[];
  readonly path: string;
  /** Lines and columns count from 1, columns in characters; null for what concerns the file as a whole. */
  readonly line: number | null;
  readonly column: number | null;
  readonly endLine: number | null;
  readonly endColumn: number | null;
  /** What is the matter with the marked place itself. */
  readonly label: string | null;
}

export interface Checked {
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Proposal {
  readonly label: string;
  readonly detail: string | null;
  readonly documentation: string | null;
  /** So many letters before the caret are replaced. */
  readonly replaceBefore: number;
  readonly insert: string;
}

function help(value: unknown, path: string): readonly string[] {
  return typeof value === 'string' ? [value] : check.list(value, path, check.text);
}

function diagnostic(value: unknown, path: string): Diagnostic {
  const raw = check.object(value, path);
  const place = (name: string): number | null => check.optional(raw[name], `${path}.${name}`, check.index);
  return {
    severity: check.oneOf(raw['severity'], `${path}.severity`, ['error', 'warning']),
    code: check.text(raw['code'], `${path}.code`),
    message: check.text(raw['message'], `${path}.message`),
    help: check.optional(raw['help'], `${path}.help`, help) ?? [],
    path: check.optional(raw['path'], `${path}.path`, check.text) ?? '',
    line: place('line'),
    column: place('column'),
    endLine: place('endLine'),
    endColumn: place('endColumn'),
    label: check.optional(raw['label'], `${path}.label`, check.text),
  };
}

export function parseDiagnostics(value: unknown, path = 'diagnostics'): readonly Diagnostic[] {
  return check.optional(value, path, (list, at) => check.list(list, at, diagnostic)) ?? [];
}

/** Reads an answer of `POST /api/flow/check`. */
export function parseChecked(value: unknown): Checked {
  const raw = check.object(value, 'check');
  return { ok: check.flag(raw['ok'], 'ok'), diagnostics: parseDiagnostics(raw['diagnostics']) };
}

/** Reads an answer of `POST /api/flow/complete`. */
export function parseProposals(value: unknown): readonly Proposal[] {
  return check.list(check.object(value, 'complete')['items'], 'items', (item, path) => {
    const raw = check.object(item, path);
    const label = check.text(raw['label'], `${path}.label`);
    return {
      label,
      detail: check.optional(raw['detail'], `${path}.detail`, check.text),
      documentation: check.optional(raw['documentation'], `${path}.documentation`, check.text),
      replaceBefore: check.index(raw['replaceBefore'], `${path}.replaceBefore`),
      insert: check.optional(raw['insert'], `${path}.insert`, check.text) ?? label,
    };
  });
}

/** Reads an answer of `POST /api/flow/hover`; null when there is nothing to say. */
export function parseHover(value: unknown): string | null {
  return check.optional(check.object(value, 'hover')['markdown'], 'markdown', check.text);
}

/** What became of `PUT /api/flow/files`. */
export type Saved =
  | { readonly kind: 'saved'; readonly revision: string; readonly diagnostics: readonly Diagnostic[] }
  /** The file has changed meanwhile: to this. */
  | { readonly kind: 'conflict'; readonly text: string; readonly revision: string | null }
  /** The text has errors; nothing was written. */
  | { readonly kind: 'wrong'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'refused'; readonly why: string };

export function parseSaved(status: number, value: unknown): Saved {
  const raw = check.object(value, 'answer');
  if (status === 200) {
    return {
      kind: 'saved',
      revision: check.text(raw['revision'], 'revision'),
      diagnostics: parseDiagnostics(raw['diagnostics']),
    };
  }
  if (status === 409) {
    return {
      kind: 'conflict',
      text: check.text(raw['text'], 'text'),
      revision: check.optional(raw['revision'], 'revision', check.text),
    };
  }
  if (status === 422) return { kind: 'wrong', diagnostics: parseDiagnostics(raw['diagnostics']) };
  return {
    kind: 'refused',
    why: check.optional(raw['error'], 'error', check.text) ?? `The server answered ${status}.`,
  };
}
